// The ONNX project's own cases: the trainer gives the outputs that come with them, from values that are fed
// and from parameters, which carry gradients. Those that do not apply are listed with the reason, and one
// that is listed and passes is a failure, so that the list can only shrink.
#include "onnx/conformance.h"

#include "runtime/cases/not_applicable.h"
#include "train/executor/executor.h"
#include "train/not_applicable.h"

namespace espalier::train {
namespace {

using namespace test;

std::string reason_not_applicable(const std::string& name) {
    const std::string reason = reason_among(not_applicable(), name);
    return reason.empty() ? reason_among(not_trainable(), name) : reason;
}

std::vector<Tensor> outputs_of(const std::string& name, Feed feed) {
    const Run run = prepare(data_folder() / name, feed);
    std::vector<Tensor> outputs;
    translate([&] {
        Executor executor(run.graph, {});
        std::vector<at::Tensor> inputs;
        for (const Value& input : run.graph.inputs) inputs.push_back(to_torch(run.inputs.at(input.name)));
        for (const at::Tensor& output : executor.run(inputs)) outputs.push_back(from_torch(output));
    });
    return outputs;
}

class TrainCase : public testing::TestWithParam<std::string> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TrainCase);  // without libonnx-testdata there are none

TEST_P(TrainCase, GivesItsOutputs) { check_case(GetParam(), reason_not_applicable(GetParam()), outputs_of); }

INSTANTIATE_TEST_SUITE_P(All, TrainCase, testing::ValuesIn(case_names()),
                         [](const auto& info) { return test_name(info.param); });

TEST(TrainCases, EveryPatternNamesOne) { expect_every_pattern_names_one(not_trainable()); }

}  // namespace
}  // namespace espalier::train
