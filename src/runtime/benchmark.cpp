#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

#include "base/random.h"
#include "base/threads/parallel.h"
#include "espalier/error.h"
#include "espalier/runtime.h"
#include "runtime/execute/kernel.h"
#include "runtime/tuning/timing.h"

namespace espalier::runtime {
namespace {

Shape shape_for(const Value& input, std::int64_t batch, const BenchOptions& options) {
    const auto given = options.shapes.find(input.name);
    if (given != options.shapes.end()) return given->second;
    Shape shape;
    for (std::size_t d = 0; d < input.type.dims.size(); ++d) {
        const Dim& dim = input.type.dims[d];
        if (!dim.is_fixed() && d > 0) {
            throw Unsupported(fmt::format(
                "input \"{}\" has shape {}: only the first dimension may be open, else give its shape",
                input.name, to_string(input.type.dims)));
        }
        shape.push_back(dim.is_fixed() ? dim.size() : batch);
    }
    return shape;
}

NamedTensors random_inputs(const Graph& graph, std::int64_t batch, const BenchOptions& options) {
    for (const auto& given : options.shapes) {
        const std::string& name = given.first;
        if (std::ranges::none_of(graph.inputs, [&](const Value& input) { return input.name == name; }))
            throw InvalidArgument(
                fmt::format("a shape for \"{}\", which is not an input of the graph", name));
    }
    NamedTensors inputs;
    for (const Value& input : graph.inputs) {
        Tensor tensor(input.type.dtype, shape_for(input, batch, options));
        if (tensor.dtype() == DType::f32) {  // zeros otherwise, which index anything
            Random random(1, "benchmark/" + input.name);
            for (float& value : tensor.f32()) value = random.uniform();
        }
        inputs.insert_or_assign(input.name, std::move(tensor));
    }
    return inputs;
}

bool has_sparse_layer(const std::vector<LayerProfile>& layers) {
    return std::any_of(layers.begin(), layers.end(), [](const LayerProfile& layer) {
        return layer.weights > 0 && layer.kernel != kDenseName && layer.kernel != kDenseBf16Name;
    });
}

void compare_outputs(const std::vector<Tensor>& ours, const std::vector<Tensor>& exact,
                     BenchResult::AgainstF32& into) {
    for (std::size_t i = 0; i < exact.size(); ++i) {
        if (exact[i].dtype() != DType::f32 || exact[i].shape() != ours[i].shape()) continue;
        const auto a = ours[i].f32();
        const auto b = exact[i].f32();
        for (std::size_t k = 0; k < b.size(); ++k) {
            into.largest_difference =
                std::max(into.largest_difference, static_cast<double>(std::abs(a[k] - b[k])));
            into.largest_output = std::max(into.largest_output, static_cast<double>(std::abs(b[k])));
        }
    }
}

/// `session` against the same network in f32.
BenchResult::AgainstF32 against_f32(Session& session, const NamedTensors& inputs, int threads, double seconds,
                                    const BenchOptions& options) {
    Session exact = session.share({.threads = threads, .tuning = options.tuning});
    BenchResult::AgainstF32 found;
    compare_outputs(session.run(inputs), exact.run(inputs), found);
    const std::array<std::function<void()>, 2> bodies = {[&] { session.run(inputs); },
                                                         [&] { exact.run(inputs); }};
    const std::vector<Timing> timings = time_in_turn(bodies, seconds);
    found.median_ms = timings[1].median_us / 1000;
    found.low_ms = timings[1].low_us / 1000;
    found.high_ms = timings[1].high_us / 1000;
    found.speedup = timings[1].median_us / timings[0].median_us;
    const Ratio ratio = ratio_of(timings[1], timings[0]);
    found.speedup_low = std::min(ratio.low, found.speedup);
    found.speedup_high = std::max(ratio.high, found.speedup);
    return found;
}

}  // namespace

BenchResult benchmark(Graph graph, std::int64_t batch, int threads, double seconds,
                      const BenchOptions& options) {
    if (batch < 1) throw InvalidArgument(fmt::format("batch={}: expected at least 1", batch));
    if (threads == 0) threads = core_count();
    const NamedTensors inputs = random_inputs(graph, batch, options);
    std::vector<Session> sessions;
    sessions.push_back(compile(std::move(graph), {.threads = threads,
                                                  .tuning = options.tuning,
                                                  .precision = options.precision,
                                                  .tuned = options.tuned,
                                                  .without = options.without,
                                                  .progress = options.progress}));
    sessions[0].run(inputs);
    if (!options.keep_tuning.empty()) sessions[0].keep_tuning(options.keep_tuning);
    // The dense network at its best: noise while compiling may have cost one of these a thread. A network
    // that was left dense is its own comparison.
    const bool at_its_best = options.tuning == Options::Tuning::full && options.without.empty();
    if (!at_its_best || has_sparse_layer(sessions[0].profile())) {
        for (const int used : threads == 1 ? std::vector{1} : std::vector{threads, 1}) {
            sessions.push_back(sessions[0].share({.threads = used,
                                                  .choice = Options::Choice::dense,
                                                  .tuning = Options::Tuning::full,
                                                  .precision = options.precision}));
        }
    }
    std::vector<std::function<void()>> bodies;
    bodies.reserve(sessions.size() + 1);
    for (Session& session : sessions) bodies.emplace_back([&] { session.run(inputs); });
    const std::vector<Timing> timings = time_in_turn(bodies, seconds);
    const Timing& chosen = timings[0];
    const bool is_dense = timings.size() == 1;
    const Timing& dense =
        is_dense
            ? chosen
            : *std::min_element(timings.begin() + 1, timings.end(),
                                [](const Timing& a, const Timing& b) { return a.median_us < b.median_us; });
    BenchResult result{.batch = batch,
                       .threads = threads,
                       .runs = chosen.runs,
                       .layers = sessions[0].profile(),
                       .compile_times = sessions[0].compile_times()};
    result.median_ms = chosen.median_us / 1000;
    result.low_ms = chosen.low_us / 1000;
    result.high_ms = chosen.high_us / 1000;
    result.dense_median_ms = dense.median_us / 1000;
    result.dense_low_ms = dense.low_us / 1000;
    result.dense_high_ms = dense.high_us / 1000;
    result.speedup = result.dense_median_ms / result.median_ms;
    const Ratio ratio =
        is_dense ? Ratio() : ratio_of(dense, chosen);  // of one and the same nothing can be told
    result.speedup_low = std::min(ratio.low, result.speedup);
    result.speedup_high = std::max(ratio.high, result.speedup);
    if (options.precision != Precision::f32)
        result.against_f32 = against_f32(sessions[0], inputs, threads, seconds, options);
    for (int i = 0; i < options.traced_runs; ++i) sessions[0].run(inputs, result.traces.emplace_back());
    return result;
}

}  // namespace espalier::runtime
