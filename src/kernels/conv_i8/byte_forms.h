// For tests: products of bytes in every form that the processor has.
#pragma once

#include <gtest/gtest.h>

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
