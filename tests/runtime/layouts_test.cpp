// Every way to compute a layer, in every layout that its operands can have, whatever is fastest here.
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>

#include "runtime/cases/cases.h"
#include "runtime/cases/networks.h"
#include "runtime/cases/plain.h"
#include "runtime/compile/build_program.h"
#include "runtime/compile/verify_steps.h"
#include "runtime/execute/memory_plan.h"

namespace espalier {
namespace {

using runtime::Layout;

/// One trial of each layer, all in one layout where there is one: number `turn` of those that there are.
std::vector<std::size_t> in_layout(std::vector<runtime::Layer>& layers, Layout layout, std::size_t turn) {
    std::vector<std::size_t> chosen;
    for (runtime::Layer& layer : layers) {
        std::vector<std::size_t> fitting;
        for (std::size_t i = 0; i < layer.trials.size(); ++i) {
            runtime::Trial& trial = layer.trials[i];
            if (trial.candidate.output != layout || trial.candidate.sparse) continue;
            if (trial.kernel == nullptr) trial.kernel = trial.candidate.make(trial.threads);
            if (trial.kernel != nullptr) fitting.push_back(i);
        }
        std::size_t best = fitting.empty() ? 0 : fitting[turn % fitting.size()];
        if (fitting.empty() && !layer.trials.empty() && layer.trials[0].kernel == nullptr)
            layer.trials[0].kernel = layer.trials[0].candidate.make(layer.trials[0].threads);
        chosen.push_back(best);
    }
    return chosen;
}

std::vector<Tensor> run(runtime::Plan& plan, const Graph& graph, const NamedTensors& inputs) {
    std::vector<const std::byte*> sources;
    for (const Value& input : graph.inputs) sources.push_back(inputs.at(input.name).bytes().data());
    std::vector<Tensor> outputs;
    std::vector<std::byte*> targets;
    for (const auto& output : plan.outputs) outputs.emplace_back(output.dtype, output.shape);
    for (Tensor& output : outputs) targets.push_back(output.bytes().data());
    runtime::Arena arena;
    plan.program.run(sources, targets, arena.at_least(plan.program.arena_bytes()),
                     [](std::size_t, const auto& body) { body(); });
    return outputs;
}

constexpr std::size_t kMostTrials = 4;  // of one layer in one layout: two primitives, each on 1 and 2 threads

/// Runs the case with its layers in each of the layouts.
void expect_in_layouts(const test::Case& test, runtime::Precision precision,
                       std::initializer_list<Layout> layouts, double tolerance) {
    const Graph graph = test::graph_of(test);
    NamedTensors inputs;
    for (const auto& [name, shape] : test.inputs) inputs[name] = test::random_tensor(shape, "input " + name);
    const auto expected = test::run_plainly(graph, inputs).at(graph.outputs[0].name);
    const runtime::Types types = infer_types(graph);
    for (const int threads : {1, std::min(2, omp_get_thread_limit())}) {
        runtime::WeightCache shared;
        runtime::WeightCache own;
        runtime::TuningTable table;
        runtime::CompileLog log({});
        const runtime::CompileContext setting{.graph = graph,
                                              .types = types,
                                              .weights = shared,
                                              .computed = {},
                                              .own_weights = own,
                                              .choice = runtime::Options::Choice::dense,
                                              .threads = threads,
                                              .tuning = runtime::Options::Tuning::full,
                                              .table = table,
                                              .progress = {},
                                              .log = log,
                                              .precision = precision};
        std::vector<runtime::Layer> layers;
        const auto groups = runtime::fuse(graph, types, log);
        verify_groups(graph, groups);
        for (const auto& group : groups) layers.push_back(examine(group, setting));
        const runtime::Chains chains(layers, graph);
        for (const Layout layout : layouts) {
            for (std::size_t turn = 0; turn < kMostTrials; ++turn) {
                const auto chosen = in_layout(layers, layout, turn);
                verify_selection(layers, chosen);
                auto plan = assemble(layers, chains, chosen, setting);
                plan.program.verify();
                for (int again = 0; again < 2; ++again)
                    test::expect_near(run(plan, graph, inputs)[0], expected, tolerance);
            }
        }
    }
}

class InLayouts : public testing::TestWithParam<test::Case> {};

TEST_P(InLayouts, ComputesTheSame) {
    expect_in_layouts(GetParam(), runtime::Precision::f32,
                      {Layout::row_major, Layout::blocked, Layout::channels_last}, 1e-5);
}

class InBf16 : public testing::TestWithParam<test::Case> {};

/// Where oneDNN has such primitives; on other processors all layers stay in f32.
TEST_P(InBf16, ComputesAboutTheSame) {
    constexpr double kTolerance = 3e-2;  // operands, and what lies between layers, are rounded by up to 2^-9
    expect_in_layouts(GetParam(), runtime::Precision::bf16,
                      {Layout::row_major_bf16, Layout::blocked_bf16, Layout::channels_last_bf16}, kTolerance);
}

/// Layers with constant weights, square ones among them.
std::vector<test::Case> fully_connected_cases() {
    std::vector<test::Case> all = test::layer_cases();
    std::erase_if(all, [](const test::Case& one) { return !one.constants.contains("w"); });
    return all;
}

std::string name_of(const testing::TestParamInfo<test::Case>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Fused, InLayouts, testing::ValuesIn(test::fusion_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Blocks, InLayouts, testing::ValuesIn(test::block_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(FullyConnected, InLayouts, testing::ValuesIn(fully_connected_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Images, InLayouts, testing::ValuesIn(test::image_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Blocks, InBf16, testing::ValuesIn(test::block_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(FullyConnected, InBf16, testing::ValuesIn(fully_connected_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Images, InBf16, testing::ValuesIn(test::image_cases()), name_of);

}  // namespace
}  // namespace espalier
