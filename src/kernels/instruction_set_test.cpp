#include "kernels/instruction_set.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "espalier/error.h"
#include "kernels/spmm_f32_panel/spmm_f32_panel.h"
#include "kernels/spmv_f32_csr/spmv_f32_csr.h"
#include "kernels/transpose_f32_panel/transpose_f32_panel.h"

namespace espalier::kernels {
namespace {

TEST(InstructionSet, TheBestIsUsedByDefault) {
    ASSERT_FALSE(instruction_sets().empty());
    EXPECT_EQ(spmm_f32_panel_instruction_set(), instruction_sets().front());
}

TEST(InstructionSet, EveryOneCanBeForced) {
    for (const std::string& name : instruction_sets()) {
        const ForcedInstructionSet forced(name);
        EXPECT_EQ(spmm_f32_panel_instruction_set(), name);
        EXPECT_EQ(spmv_f32_csr_instruction_set(), name);
        EXPECT_EQ(transpose_f32_panel_instruction_set(), name);
    }
    EXPECT_EQ(spmm_f32_panel_instruction_set(), instruction_sets().front());
}

TEST(InstructionSet, WhatTheCpuLacksIsRefused) {
    try {
        const ForcedInstructionSet forced("avx9");
        FAIL();
    } catch (const InvalidArgument& error) {
        EXPECT_NE(std::string(error.what()).find("\"avx9\""), std::string::npos);
        EXPECT_NE(std::string(error.what()).find(instruction_sets().front()), std::string::npos);
    }
}

#if defined(__x86_64__)
TEST(InstructionSet, X86HasThePortableOneAndWhatTheCpuHas) {
    const auto names = instruction_sets();
    const auto has = [&](const char* name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    EXPECT_TRUE(has("scalar") || has("emu128"));
    EXPECT_EQ(has("avx2"), __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
    EXPECT_EQ(has("avx3"), __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"));
}
#endif

}  // namespace
}  // namespace espalier::kernels
