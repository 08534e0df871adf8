// Steps of compiling: each optional one can be left out, and what each leaves behind is checked.
#include "runtime/compile/compile_steps.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "espalier/error.h"
#include "runtime/cases/cases.h"
#include "runtime/cases/networks.h"
#include "runtime/cases/plain.h"
#include "runtime/compile/verify_steps.h"

namespace espalier {
namespace {

class WithoutAStep : public testing::TestWithParam<test::Case> {};

TEST_P(WithoutAStep, ComputesTheSame) {
    const Graph graph = test::graph_of(GetParam());
    NamedTensors inputs;
    for (const auto& [name, shape] : GetParam().inputs)
        inputs[name] = test::random_tensor(shape, "input " + name);
    const auto expected = test::run_plainly(graph, inputs).at(graph.outputs[0].name);
    for (const runtime::CompileStep& step : runtime::compile_steps()) {
        if (!step.optional) continue;
        SCOPED_TRACE(step.name);
        auto session = runtime::compile(graph, {.threads = 1, .without = {std::string(step.name)}});
        test::expect_near(session.run(inputs)[0], expected, 1e-5);
    }
}

std::string name_of(const testing::TestParamInfo<test::Case>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Fused, WithoutAStep, testing::ValuesIn(test::fusion_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Blocks, WithoutAStep, testing::ValuesIn(test::block_cases()), name_of);

TEST(CompileSteps, LeavingOneOutShows) {
    const test::Case relu{.name = "relu",
                          .inputs = {{"x", {3, 8}}},
                          .constants = {{"w", {8, 5}}},
                          .nodes = {test::node("MatMul", {"x", "w"}, "h"), test::node("Relu", {"h"}, "y")}};
    const auto kernels_without = [&](std::vector<std::string> without) {
        auto session = runtime::compile(test::graph_of(relu), {.threads = 1, .without = std::move(without)});
        session.prepare({{"x", {3, 8}}});
        return session.profile().back().kernel;
    };
    EXPECT_EQ(kernels_without({}), "fused");
    EXPECT_NE(kernels_without({"attach-post-operations"}), "fused");
}

TEST(CompileSteps, AreTimed) {
    auto session = runtime::compile(test::perceptron({37, 20, 10}), {.threads = 1});
    EXPECT_TRUE(session.compile_times().empty());
    session.prepare({{"x", {4, 37}}});
    const auto steps = runtime::compile_steps();
    const auto& times = session.compile_times();
    ASSERT_EQ(times.size(), steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) EXPECT_EQ(times[i].step, steps[i].name);
    const auto tune = std::ranges::find(times, "tune-layers", &runtime::CompileTime::step);
    EXPECT_GT(tune->us, 0);
}

TEST(CompileSteps, RefuseWhatIsNoStepOrMustBe) {
    for (const char* name : {"tune-layers", "link-panel", ""})
        EXPECT_THROW(runtime::compile(test::perceptron({37, 20, 10}), {.without = {std::string(name)}}),
                     InvalidArgument)
            << name;
}

TEST(VerifySteps, FindAMissingAndADoubleGroup) {
    const Graph graph = test::perceptron({37, 20, 10});
    runtime::CompileLog log({});
    auto groups = runtime::fuse(graph, infer_types(graph), log);
    EXPECT_NO_THROW(runtime::verify_groups(graph, groups));
    groups.push_back(groups.back());
    EXPECT_THROW(runtime::verify_groups(graph, groups), InternalError);
    groups.resize(groups.size() - 2);
    EXPECT_THROW(runtime::verify_groups(graph, groups), InternalError);
    std::swap(groups.front(), groups.back());
    EXPECT_THROW(runtime::verify_groups(graph, groups), InternalError);
}

}  // namespace
}  // namespace espalier
