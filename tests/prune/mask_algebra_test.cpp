#include "support.h"

namespace espalier::prune {
namespace {

/// "1100" -> a mask of shape {4}.
Mask mask_of(const std::string& bits) {
    Mask mask({static_cast<std::int64_t>(bits.size())}, false);
    for (std::size_t i = 0; i < bits.size(); ++i) mask.set(static_cast<std::int64_t>(i), bits[i] == '1');
    return mask;
}

TEST(Algebra, OfMasks) {
    const Mask a = mask_of("1100");
    const Mask b = mask_of("1010");
    EXPECT_EQ(a & b, mask_of("1000"));
    EXPECT_EQ(a | b, mask_of("1110"));
    EXPECT_EQ(a - b, mask_of("0100"));
    EXPECT_EQ(hamming_distance(a, b), 2);
    EXPECT_DOUBLE_EQ(overlap(a, b), 1.0 / 3);
    EXPECT_EQ(overlap(a, a), 1);
    EXPECT_EQ(overlap(mask_of("0000"), mask_of("0000")), 1);
    EXPECT_EQ((Mask({70}) - mask_of(std::string(70, '0'))), Mask({70})) << "no bits behind the last";
    expect_refused([&] { (void)(a & mask_of("111")); }, "masks of shapes 4 and 3 cannot be compared");
}

TEST(Algebra, OfSets) {
    MaskSet a;
    a.insert("x", mask_of("1100"));
    a.insert("y", mask_of("11"));
    MaskSet b;
    b.insert("x", mask_of("1010"));
    b.insert("y", mask_of("01"));
    EXPECT_EQ((a & b).kept(), 2);
    EXPECT_EQ((a | b).kept(), 5);
    EXPECT_EQ((a - b).at("y"), mask_of("10"));
    EXPECT_EQ(hamming_distance(a, b), 3);
    EXPECT_DOUBLE_EQ(overlap(a, b), 2.0 / 5);
    b.insert("z", mask_of("1"));
    expect_refused([&] { (void)(a | b); }, "only one of two sets has a mask \"z\"");
    expect_refused([&] { hamming_distance(b, a); }, "only one of two sets has a mask \"z\"");
    MaskSet c = a;
    c.insert("y", mask_of("111"));
    expect_refused([&] { overlap(a, c); }, "mask \"y\": masks of shapes 2 and 3 cannot be compared");
}

TEST(Algebra, MasksOfOneTrainingComeNearEachOther) {
    // What early-bird tickets measure: distance / count.
    const auto layers = lenet();
    Request request = request_for(layers);
    request.target.sparsity = 0.5;
    const MaskSet magnitude = plan(request).masks;
    request.criterion = "random";
    const MaskSet random = plan(request).masks;
    const auto share =
        static_cast<double>(hamming_distance(magnitude, random)) / static_cast<double>(random.count());
    EXPECT_NEAR(share, 0.5, 0.01) << "independent masks of half the weights differ in half of them";
}

}  // namespace
}  // namespace espalier::prune
