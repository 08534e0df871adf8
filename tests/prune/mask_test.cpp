#include "espalier/mask.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cmath>

#include "base/files.h"
#include "espalier/error.h"
#include "espalier/safetensors.h"

namespace espalier::prune {
namespace {

class Folder {
  public:
    Folder() { std::filesystem::create_directories(path_); }
    ~Folder() { std::filesystem::remove_all(path_); }
    std::filesystem::path operator/(const char* name) const { return path_ / name; }

  private:
    std::filesystem::path path_ =
        std::filesystem::temp_directory_path() / ("espalier_mask_test_" + std::to_string(::getpid()));
};

TEST(Mask, StartsWholeOrEmptyWithNoBitsBehindTheLastWeight) {
    const Mask whole({3, 23});
    EXPECT_EQ(whole.count(), 69);
    EXPECT_EQ(whole.kept(), 69);
    EXPECT_EQ(whole.words().size(), 2U);
    EXPECT_EQ(whole.words()[1], 0b11111U);
    EXPECT_EQ(Mask({3, 23}, false).kept(), 0);
    EXPECT_EQ(Mask(Shape{}).count(), 1);
    EXPECT_EQ(Mask({0, 4}).kept(), 0);
    EXPECT_EQ(Mask({64}).words()[0], ~std::uint64_t{0});
}

TEST(Mask, SetsAndAppliesSingleWeights) {
    Mask mask({70});
    mask.set(0, false);
    mask.set(69, false);
    mask.set(65, false);
    mask.set(65, true);
    EXPECT_FALSE(mask[0]);
    EXPECT_TRUE(mask[65]);
    EXPECT_EQ(mask.kept(), 68);
    std::vector<float> values(70, -2.0F);
    mask.apply(values);
    EXPECT_EQ(values[0], 0.0F);
    EXPECT_FALSE(std::signbit(values[0]));
    EXPECT_EQ(values[1], -2.0F);
    EXPECT_EQ(mask.to_floats()[69], 0.0F);
    EXPECT_EQ(mask.to_floats()[68], 1.0F);
    std::vector<float> other(69);
    EXPECT_THROW(mask.apply(other), InvalidArgument);
}

TEST(MaskSet, CountsOverItsTensorsOnly) {
    MaskSet masks;
    EXPECT_EQ(masks.density(), 1.0);
    masks.insert("a", Mask({10}, false));
    masks.insert("b", Mask({30}));
    EXPECT_EQ(masks.count(), 40);
    EXPECT_EQ(masks.kept(), 30);
    EXPECT_EQ(masks.density(), 0.75);
    EXPECT_THROW(masks.at("c"), InvalidArgument);
}

TEST(MaskSet, AppliesToWeightsOfTheSameShape) {
    MaskSet masks;
    masks.insert("a", Mask({2, 2}, false));
    Weights weights;
    EXPECT_THROW(masks.apply(weights), InvalidArgument);
    weights["a"] = Tensor::of<float>({4}, std::vector<float>{1, 2, 3, 4});
    EXPECT_THROW(masks.apply(weights), InvalidArgument);
    weights["a"] = Tensor::of<float>({2, 2}, std::vector<float>{1, 2, 3, 4});
    weights["bias"] = Tensor::of<float>({1}, std::vector<float>{5});
    masks.apply(weights);
    EXPECT_EQ(weights["a"], Tensor(DType::f32, {2, 2}));
    EXPECT_EQ(weights["bias"].f32()[0], 5.0F);
}

TEST(MaskFile, ReadsBackWhatWasSaved) {
    const Folder folder;
    MaskSet masks;
    Mask odd({3, 5, 7});
    for (std::int64_t i = 0; i < odd.count(); i += 3) odd.set(i, false);
    masks.insert("conv.weight", odd);
    masks.insert("scalar", Mask(Shape{}, false));
    masks.insert("whole", Mask({64}));
    save(folder / "masks", masks);
    EXPECT_EQ(load_masks(folder / "masks"), masks);
    EXPECT_EQ(read_safetensors(folder / "masks").metadata.at("prunable weights"), "170");

    save(folder / "none", MaskSet());
    EXPECT_TRUE(load_masks(folder / "none").empty());
}

TEST(MaskFile, RefusesWhatDoesNotFit) {
    const Folder folder;
    const auto refuses = [&](const NamedTensors& tensors, const Metadata& metadata, const std::string& why) {
        write_safetensors(folder / "bad", tensors, metadata);
        try {
            load_masks(folder / "bad");
            ADD_FAILURE() << "read a file that " << why;
        } catch (const BadData& error) {
            EXPECT_NE(std::string(error.what()).find(why), std::string::npos) << error.what();
        }
    };
    const Metadata ok = {{"format", "espalier masks 1"}, {"shape of a", "3 3"}};
    const auto words = [](std::vector<std::uint64_t> words) {
        const auto count = static_cast<std::int64_t>(words.size());
        return NamedTensors{{"a", Tensor::of<std::uint64_t>({count}, words)}};
    };
    refuses(words({1}), {}, "not a file of masks");
    refuses(words({1}), {{"format", "espalier masks 1"}}, "no shape");
    refuses(words({1, 2}), ok, "2 words for shape 3x3");
    refuses(words({512}), ok, "behind the last of 9 weights");
    refuses({{"a", Tensor(DType::f32, {1})}}, ok, "f32");
    refuses(words({1}), {{"format", "espalier masks 1"}, {"shape of a", "3,3"}}, "not a shape");
    refuses(words({1}), {{"format", "espalier masks 1"}, {"shape of a", "-3 -3"}}, "negative");
    refuses(words({1}), {{"format", "espalier masks 1"}, {"shape of a", "99999999999 99999999999"}},
            "more elements");
    EXPECT_THROW(load_masks(folder / "missing"), IoError);
}

}  // namespace
}  // namespace espalier::prune
