// A folder for one test, and stages to put in it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "espalier/store.h"

namespace espalier::store {

class StoreTest : public ::testing::Test {
  protected:
    using Run = store::Run;  // hides Test::Run
    void SetUp() override {
        const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
        folder_ = std::filesystem::temp_directory_path() /
                  ("espalier-store-" + std::string(test->name()) + "-" + std::to_string(::getpid()));
        std::filesystem::remove_all(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path folder_;
};

/// Numbers that differ from stage to stage and from field to field.
inline Stage made_up_stage(const std::string& arm, int level, int replicate) {
    Stage stage;
    stage.hash = arm + "-" + std::to_string(level) + "-" + std::to_string(replicate);
    stage.parent = level == 0 ? "" : "ticket-" + std::to_string(level - 1) + "-" + std::to_string(replicate);
    stage.arm = arm;
    stage.level = level;
    stage.replicate = replicate;
    stage.layers = {{"fc1.weight", 235200 - 1000 * level, 235200, 1},
                    {"fc2.weight", 30000 - 100 * level, 30000, 64}};
    stage.first_step = 500;
    stage.last_step = 20000;
    stage.best_step = 7400 + level;
    stage.best_validation_loss = 0.31 + 0.01 * level;
    stage.best_validation_accuracy = 0.891 + 0.001 * replicate;
    stage.best_test_accuracy = 0.882;
    stage.validation_accuracy = 0.893;
    stage.validation_loss = 0.4;
    stage.test_accuracy = 0.886;
    stage.test_loss = 0.42;
    stage.train_accuracy = 0.95;
    stage.train_loss = 0.14;
    stage.seconds = 12.5;
    for (int i = 0; i < 200; ++i)
        stage.curve.push_back({100 * i, 1.0 / (i + 1), 0.5 + 0.001 * i, 0.9 / (i + 1)});
    return stage;
}

inline void expect_equal(const Stage& a, const Stage& b) {
    EXPECT_EQ(a.hash, b.hash);
    EXPECT_EQ(a.parent, b.parent);
    EXPECT_EQ(a.arm, b.arm);
    EXPECT_EQ(a.level, b.level);
    EXPECT_EQ(a.replicate, b.replicate);
    EXPECT_EQ(a.first_step, b.first_step);
    EXPECT_EQ(a.last_step, b.last_step);
    EXPECT_EQ(a.best_step, b.best_step);
    EXPECT_EQ(a.best_validation_loss, b.best_validation_loss);
    EXPECT_EQ(a.best_validation_accuracy, b.best_validation_accuracy);
    EXPECT_EQ(a.best_test_accuracy, b.best_test_accuracy);
    EXPECT_EQ(a.validation_accuracy, b.validation_accuracy);
    EXPECT_EQ(a.validation_loss, b.validation_loss);
    EXPECT_EQ(a.test_accuracy, b.test_accuracy);
    EXPECT_EQ(a.test_loss, b.test_loss);
    EXPECT_EQ(a.train_accuracy, b.train_accuracy);
    EXPECT_EQ(a.train_loss, b.train_loss);
    EXPECT_EQ(a.seconds, b.seconds);
    EXPECT_EQ(a.metrics, b.metrics);
    ASSERT_EQ(a.layers.size(), b.layers.size());
    for (std::size_t i = 0; i < a.layers.size(); ++i) {
        EXPECT_EQ(a.layers[i].name, b.layers[i].name);
        EXPECT_EQ(a.layers[i].left, b.layers[i].left);
        EXPECT_EQ(a.layers[i].total, b.layers[i].total);
        EXPECT_EQ(a.layers[i].macs_per_weight, b.layers[i].macs_per_weight);
    }
    ASSERT_EQ(a.curve.size(), b.curve.size());
    for (std::size_t i = 0; i < a.curve.size(); ++i) {
        EXPECT_EQ(a.curve[i].step, b.curve[i].step);
        EXPECT_EQ(a.curve[i].validation_loss, b.curve[i].validation_loss);
        EXPECT_EQ(a.curve[i].validation_accuracy, b.curve[i].validation_accuracy);
        EXPECT_EQ(a.curve[i].train_loss, b.curve[i].train_loss);
    }
}

}  // namespace espalier::store
