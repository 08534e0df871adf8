// The ONNX project's own cases: the runtime gives the outputs that come with them, from values that are fed
// as well as from constant ones. Those that do not apply are listed with the reason, and one that is listed
// and passes is a failure, so that the list can only shrink.
#include "onnx/conformance.h"

#include "espalier/runtime.h"
#include "runtime/cases/not_applicable.h"

namespace espalier {
namespace {

using namespace test;

std::vector<Tensor> outputs_of(const std::string& name, Feed feed) {
    const Run run = prepare(data_folder() / name, feed);
    return runtime::compile(run.graph, {.threads = 2}).run(run.inputs);
}

class OnnxCase : public testing::TestWithParam<std::string> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(OnnxCase);  // without libonnx-testdata there are none

TEST_P(OnnxCase, GivesItsOutputs) {
    check_case(GetParam(), reason_among(not_applicable(), GetParam()), outputs_of);
}

INSTANTIATE_TEST_SUITE_P(All, OnnxCase, testing::ValuesIn(case_names()),
                         [](const auto& info) { return test_name(info.param); });

TEST(OnnxCases, EveryPatternNamesOne) { expect_every_pattern_names_one(not_applicable()); }

}  // namespace
}  // namespace espalier
