// A folder for one test, and quick ways to put stages into a run.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "espalier/store.h"

namespace espalier::report {

class ReportTest : public ::testing::Test {
  protected:
    using Run = store::Run;  // hides Test::Run

    void SetUp() override {
        const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
        folder_ = std::filesystem::temp_directory_path() /
                  ("espalier-report-" + std::string(test->name()) + "-" + std::to_string(::getpid()));
        std::filesystem::remove_all(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path folder_;
};

/// `left` of 1,000 weights; validation accuracy as given, test accuracy one point less.
inline store::Stage stage(const std::string& arm, int level, int replicate, std::int64_t left,
                          double validation) {
    store::Stage stage;
    stage.hash = arm + "-" + std::to_string(level) + "-" + std::to_string(replicate);
    stage.arm = arm;
    stage.level = level;
    stage.replicate = replicate;
    stage.layers = {{"fc.weight", left, 1000, 1}};
    stage.last_step = 9000;
    stage.best_step = 1000 * (replicate + 1);
    stage.validation_accuracy = validation;
    stage.test_accuracy = validation - 0.01;
    stage.best_validation_accuracy = validation - 0.02;
    stage.best_test_accuracy = validation - 0.03;
    stage.seconds = 10;
    return stage;
}

inline store::Latency latency(int level, std::int64_t batch, double milliseconds, double dense_milliseconds) {
    store::Latency latency;
    latency.level = level;
    latency.batch = batch;
    latency.threads = 2;
    latency.median_ms = milliseconds;
    latency.low_ms = 0.9 * milliseconds;
    latency.high_ms = 1.2 * milliseconds;
    latency.dense_median_ms = dense_milliseconds;
    latency.dense_low_ms = 0.9 * dense_milliseconds;
    latency.dense_high_ms = 1.2 * dense_milliseconds;
    latency.file_bytes = level == 0 ? 4100 : 900;
    latency.kernels = "fc spmm_f32_panel";
    return latency;
}

}  // namespace espalier::report
