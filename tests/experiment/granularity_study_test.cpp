// A study measures every cell once, keeps it, and goes on from what is there.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/files.h"
#include "base/temporary_folder.h"
#include "espalier/error.h"
#include "espalier/models.h"
#include "espalier/onnx.h"
#include "experiment/granularity/cells.h"
#include "experiment/granularity/study.h"
#include "experiment/granularity/would_pay.h"
#include "experiment/inspect/inspection.h"
#include "experiment/inspect/zero_use.h"

namespace espalier::experiment {
namespace {

class GranularityStudy : public ::testing::Test {
  protected:
    GranularityStudy() {
        onnx::write(model_, models::build("lenet-300-100"));
        plan_.granularities = {"element", "16x1", "2:4"};
        plan_.sparsities = {0.8, 0.9};
        plan_.permute = true;
        plan_.seconds = 0.01;
        plan_.folder = folder_.path() / "study";
    }
    espalier::testing::TemporaryFolder folder_;
    std::filesystem::path model_ = folder_.path() / "mlp.onnx";
    StudyPlan plan_;
};

TEST_F(GranularityStudy, MeasuresEveryCellAndKeepsIt) {
    int made = 0;
    const Watch watch{.progress = [&](double, const std::string&) { ++made; }};
    const Study study = study_model(model_, plan_, watch);
    std::vector<std::string> names;
    for (const StudyCell& cell : study.cells) names.push_back(key_of(cell));
    EXPECT_EQ(names, (std::vector<std::string>{"element-0.8", "element-0.9", "16x1-0.8", "16x1-0.9",
                                               "16x1-permuted-0.8", "16x1-permuted-0.9", "2_4-0.5",
                                               "2_4-permuted-0.5"}));
    EXPECT_EQ(made, 8);
    for (const StudyCell& cell : study.cells) {
        EXPECT_NEAR(cell.sparsity, cell.asked, 0.02) << cell.name();
        EXPECT_NEAR(cell.macs_left, 1 - cell.sparsity, 1e-6);
        EXPECT_GT(cell.magnitude_left, 1 - cell.sparsity);
        EXPECT_LT(cell.magnitude_left, 1);
        EXPECT_GT(cell.median_ms, 0);
        EXPECT_GT(cell.dense_ms, 0);
        EXPECT_EQ(cell.layers.size(), 3U);
        EXPECT_TRUE(cell.accuracies.empty());
    }
    EXPECT_GT(study.cells[4].magnitude_left, study.cells[2].magnitude_left);  // permuted
    EXPECT_GT(study.cells[7].magnitude_left, study.cells[6].magnitude_left);
    // What is there is not measured again, also where it was stopped in between.
    std::filesystem::remove(plan_.folder / "cells" / "16x1-0.9.json");
    const Study again = study_model(model_, plan_);
    for (std::size_t i = 0; i < study.cells.size(); ++i) {
        if (i == 3) continue;
        EXPECT_EQ(to_json(again.cells[i]), to_json(study.cells[i]));
    }
    EXPECT_TRUE(file_exists(plan_.folder / "cells" / "16x1-0.9.json"));
}

TEST_F(GranularityStudy, IsShownAsATableAndAPage) {
    const Study study = study_model(model_, plan_);
    const std::string text = to_text(study, 100);
    for (const char* word :
         {"element", "16x1, permuted", "2:4", "magnitude kept", "of MACs saved", "mlp.onnx"})
        EXPECT_NE(text.find(word), std::string::npos) << word << "\n" << text;
    const std::string html = to_html(study);
    for (const char* word : {"id=\"frontier\"", "id=\"efficiency\"", "id=\"layers\"", "16x1, permuted"})
        EXPECT_NE(html.find(word), std::string::npos) << word;
    const auto json = to_json(study);
    EXPECT_EQ(json["cells"].size(), study.cells.size());
    EXPECT_EQ(to_json(cell_from(json["cells"][2])), json["cells"][2]);
}

TEST_F(GranularityStudy, RefusesAFolderOfAnotherStudyAndWhatCannotBe) {
    plan_.granularities = {"2:4"};
    study_model(model_, plan_);
    StudyPlan other = plan_;
    other.batch = 2;
    EXPECT_THROW(study_model(model_, other), InvalidArgument);
    StudyPlan wrong = plan_;
    wrong.sparsities = {1.5};
    EXPECT_THROW(study_model(model_, wrong), InvalidArgument);
    wrong = plan_;
    wrong.granularities = {"4xx1"};
    EXPECT_THROW(study_model(model_, wrong), InvalidArgument);
    write_text(plan_.folder / "cells" / "2_4-0.5.json", "{}");
    EXPECT_THROW(study_model(model_, plan_), BadData);
    const std::atomic<bool> stop{true};
    EXPECT_THROW(study_model(model_, plan_, {.progress = {}, .stop = &stop}), Interrupted);
}

TEST_F(GranularityStudy, SaysWhatWouldPay) {
    const Graph graph = models::build("lenet-300-100");
    const auto now = runtime::benchmark(graph, 64, 1, 0.01);
    for (const auto& [node, pays] : would_pay(graph, now, {})) {
        EXPECT_TRUE(std::ranges::any_of(now.layers,
                                        [&, &name = node](const auto& layer) { return layer.node == name; }));
        EXPECT_LT(pays.us, pays.dense_us);
        EXPECT_GE(pays.sparsity, 0.8);
    }
}

TEST(ZeroUse, NamesTheKernelsThatSkipThem) {
    const auto layer = [](const char* op, const char* granularity) {
        surgery::LayerInfo info{.node = "n", .op = op, .output = {}, .weight = {8, 8}, .structure = {}};
        info.structure.granularity = granularity;
        return info;
    };
    EXPECT_EQ(kernels_for(layer("Conv", "dense")), "");
    EXPECT_EQ(kernels_for(layer("Conv", "element")), "conv_f32_panel, in f16 conv_f16_panel");
    EXPECT_EQ(kernels_for(layer("Conv", "vector 16x1")), "conv_f32_panel 4x1, in bf16 conv_bf16_groups 16x1");
    EXPECT_EQ(kernels_for(layer("Conv", "2:4")), "conv_f32_panel, in f16 conv_f16_panel, as single zeros");
    EXPECT_EQ(kernels_for(layer("Gemm", "block 32x2")),
              "spmm_f32_panel 4x1, spmv_f32_csr 16x1, in bf16 conv_bf16_groups 32x1");
    EXPECT_EQ(kernels_for(layer("MatMul", "vector 1x4")),
              "spmm_f32_panel, spmv_f32_csr, in f16 conv_f16_panel, as single zeros");
    EXPECT_EQ(kernels_for(layer("LSTM", "element")), "none");
    surgery::LayerInfo depthwise = layer("Conv", "vector 4x1");
    depthwise.weight = {32, 1, 3, 3};
    depthwise.groups = 32;
    EXPECT_EQ(kernels_for(depthwise), "depthwise_f32, as single zeros");
    depthwise.groups = 1;  // of an image in grey
    EXPECT_EQ(kernels_for(depthwise), "conv_f32_panel 4x1");
    EXPECT_EQ(
        zero_uses({layer("Conv", "vector 4x1"), layer("Conv", "vector 4x1"), layer("LSTM", "element"),
                   layer("Relu", "dense")}),
        (std::vector<std::string>{"zeros of 2 layers lie as vector 4x1: conv_f32_panel 4x1 can skip them",
                                  "zeros of 1 layer lie singly: no kernel skips them"}));
}

}  // namespace
}  // namespace espalier::experiment
