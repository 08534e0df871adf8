// For tests: products of bytes in every form that the processor has.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "kernels/conv_i8/conv_i8.h"
#include "kernels/cpu_features.h"
#include "kernels/instruction_set.h"

namespace espalier::kernels::testing {

inline const char* const kQuadForm = "avx512_vnni";

/// Pairs with every instruction set, and quads where the processor has them.
inline std::vector<std::string> byte_forms() {
    std::vector<std::string> all = instruction_sets();
    if (has_avx512_vnni()) all.emplace_back(kQuadForm);
    return all;
}

/// How far bytes are apart as the numbers that they are: 255 and 0 by 255, not by one.
inline int byte_distance(std::uint8_t a, std::uint8_t b, bool is_signed) {
    const auto number = [is_signed](std::uint8_t byte) {
        return is_signed ? static_cast<int>(static_cast<std::int8_t>(byte)) : static_cast<int>(byte);
    };
    return std::abs(number(a) - number(b));
}

class ByteFormTest : public ::testing::TestWithParam<std::string> {
  protected:
    ByteFormTest() {
        if (GetParam() == kQuadForm) {
            products_ = ByteProducts::quads;
        } else {
            forced_.emplace(GetParam());
        }
    }

    ByteProducts products_ = ByteProducts::pairs;
    std::optional<ForcedInstructionSet> forced_;
};

}  // namespace espalier::kernels::testing
