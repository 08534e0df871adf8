#include "train/loop/batches.h"

#include <gtest/gtest.h>

#include "train/blobs.h"

namespace espalier::train {
namespace {

constexpr std::int64_t kExamples = 90;

class BatchesTest : public ::testing::TestWithParam<data::Augmentation> {
  protected:
    Batches batches(std::int64_t batch_size) const {
        return {examples_, normalization_, batch_size, 3, GetParam()};
    }
    /// Everything from step `first` to the end of epoch `last_epoch`.
    static std::vector<float> stream(Batches& batches, std::int64_t first, std::int64_t last_epoch) {
        std::vector<float> out;
        for (std::int64_t step = first; step < (last_epoch + 1) * batches.steps_per_epoch(); ++step) {
            const Batch batch = batches.at(step);
            const auto values = floats(batch.inputs.at(""));
            out.insert(out.end(), values.begin(), values.end());
        }
        return out;
    }
    data::Examples examples_ = testing::blob_examples(kExamples, 10, 6, "batches");
    data::Normalization normalization_{{0.4F}, {0.2F}};
};

TEST_P(BatchesTest, DependOnTheStepAlone) {
    Batches in_order = batches(20);
    const auto whole = stream(in_order, 0, 2);
    Batches resumed = batches(20);
    const auto rest = stream(resumed, 7, 2);
    EXPECT_TRUE(std::equal(rest.begin(), rest.end(), whole.end() - static_cast<std::ptrdiff_t>(rest.size())));

    Batches backwards = batches(20);
    for (std::int64_t step = 9; step >= 0; --step) {
        const at::Tensor images = backwards.at(step).inputs.at("");
        EXPECT_TRUE(images.equal(in_order.at(step).inputs.at(""))) << step;
    }
}

TEST_P(BatchesTest, NeitherBatchSizeNorThreadsMatter) {
    Batches small = batches(7);
    Batches large = batches(80);
    set_threads(1);
    const auto one = stream(small, 0, 1);
    set_threads(2);
    EXPECT_EQ(one, stream(small, 0, 1));
    EXPECT_EQ(one, stream(large, 0, 1));
    set_threads(1);
}

TEST_P(BatchesTest, LabelsBelongToTheirImages) {
    Batches all = batches(kExamples);
    const auto order = data::epoch_order(3, 1, kExamples);
    const Batch batch = all.at(1);
    for (std::int64_t i = 0; i < kExamples; ++i) {
        EXPECT_EQ(batch.targets[i].item<std::int64_t>(),
                  examples_.classes()[order[static_cast<std::size_t>(i)]]);
    }
}

TEST_P(BatchesTest, EvaluationSeesTheImagesAsTheyAre) {
    Batches evaluated = batches(kExamples);
    std::vector<float> plain(kExamples * 36);
    std::vector<std::uint32_t> indices(kExamples);
    for (std::uint32_t i = 0; i < kExamples; ++i) indices[i] = i;
    data::gather(examples_.inputs.front(), normalization_, indices, plain);
    const Batch batch = evaluated.range(0, kExamples);
    const auto values = floats(batch.inputs.at(""));
    EXPECT_TRUE(std::equal(values.begin(), values.end(), plain.begin(), plain.end()));
}

INSTANTIATE_TEST_SUITE_P(Augmented, BatchesTest,
                         ::testing::Values(data::Augmentation{}, data::Augmentation{.flip = true, .crop = 2}),
                         [](const auto& info) { return info.param.any() ? "on" : "off"; });

}  // namespace
}  // namespace espalier::train
