// Every lowering against its definition in double precision.
#include <gtest/gtest.h>

#include "runtime/cases/cases.h"
#include "runtime/cases/reference_step_cases.h"
#include "runtime/lowering.h"

namespace espalier {
namespace {

std::string name_of(const testing::TestParamInfo<test::Case>& info) { return info.param.name; }

class Lowered : public testing::TestWithParam<test::Case> {};

TEST_P(Lowered, MatchesItsDefinition) { test::expect_as_defined(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Layers, Lowered, testing::ValuesIn(test::layer_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Images, Lowered, testing::ValuesIn(test::image_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Blocks, Lowered, testing::ValuesIn(test::block_cases()), name_of);

INSTANTIATE_TEST_SUITE_P(Operators, Lowered, testing::ValuesIn(test::operator_cases()), name_of);

TEST(Lowerings, EveryOneIsTested) {
    for (const runtime::Lowering* lowering : runtime::lowerings()) {
        bool found = false;
        for (const auto& cases : {test::layer_cases(), test::image_cases(), test::operator_cases()}) {
            for (const test::Case& test : cases) {
                for (const Node& node : test.nodes) found |= node.op == lowering->name;
            }
        }
        for (const test::EvaluatedCase& test : test::evaluated_cases())
            found |= test.node.op == lowering->name;
        EXPECT_TRUE(found) << lowering->name;
    }
}

}  // namespace
}  // namespace espalier
