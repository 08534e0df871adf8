#include "kernels/transpose_f32_panel/transpose_f32_panel.h"

#include <gtest/gtest.h>

#include "kernels/instruction_set.h"
#include "kernels/testing.h"

namespace espalier::kernels {
namespace {

using testing::Buffer;

constexpr std::int64_t kBatches[] = {1,  2,  4,  7,  8,  9,  15, 16,  17,  31,
                                     33, 48, 49, 63, 64, 65, 72, 128, 130, 200};
constexpr std::int64_t kFeatures[] = {1, 2, 3, 4, 5, 7, 8, 9, 10, 15, 16, 17, 31, 32, 33, 100};

class TransposeF32Panel : public ::testing::TestWithParam<std::string> {
  protected:
    ForcedInstructionSet forced_{GetParam()};
};

TEST_P(TransposeF32Panel, MatchesTheReferenceBothWays) {
    ASSERT_EQ(transpose_f32_panel_instruction_set(), GetParam());
    for (const std::int64_t batch : kBatches) {
        for (const std::int64_t features : kFeatures) {
            for (const std::size_t misaligned : {0, 3}) {
                SCOPED_TRACE(::testing::Message() << batch << 'x' << features << " at " << misaligned);
                const Panels panels{batch};
                const auto values = testing::random_values(static_cast<std::size_t>(batch * features), "x");
                Buffer rows(values, misaligned);
                const auto size = static_cast<std::size_t>(panels.size(features));
                std::vector<float> expected(size);
                to_panels_f32_reference(panels, features, rows.data(), expected.data());
                Buffer packed(size, misaligned, 7.0F);
                to_panels_f32(panels, features, rows.data(), packed.data(), 1 + static_cast<int>(batch % 3));
                ASSERT_TRUE(packed.guards_untouched());
                ASSERT_EQ(std::vector<float>(packed.data(), packed.data() + size), expected);

                Buffer back(values.size(), misaligned, 7.0F);
                from_panels_f32(panels, features, packed.data(), back.data(),
                                1 + static_cast<int>(batch % 3));
                ASSERT_TRUE(back.guards_untouched());
                ASSERT_EQ(std::vector<float>(back.data(), back.data() + values.size()), values);
                std::vector<float> plain(values.size());
                from_panels_f32_reference(panels, features, packed.data(), plain.data());
                ASSERT_EQ(plain, values);
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Every, TransposeF32Panel, ::testing::ValuesIn(instruction_sets()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace espalier::kernels
