#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/threads/parallel.h"
#include "espalier/error.h"
#include "espalier/runtime.h"
#include "runtime/execute/kernel.h"
#include "tensor/convert.h"

namespace espalier::runtime {
namespace {

bool has_sparse_layer(const std::vector<LayerProfile>& layers) {
    return std::ranges::any_of(layers, &LayerProfile::is_sparse);
}

void compare_outputs(const std::vector<Tensor>& ours, const std::vector<Tensor>& exact,
                     BenchResult::AgainstF32& into) {
    for (std::size_t i = 0; i < exact.size(); ++i) {
        if (!is_float(exact[i].dtype()) || exact[i].shape() != ours[i].shape()) continue;
        const Tensor x = converted(ours[i], DType::f32), y = converted(exact[i], DType::f32);
        const auto a = x.f32();
        const auto b = y.f32();
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
    const std::array<Contestant, 2> both = {{{session, inputs}, {exact, inputs}}};
    const std::vector<InTurn> times = time_in_turn(both, seconds);
    found.median_ms = times[1].median_ms;
    found.low_ms = times[1].low_ms;
    found.high_ms = times[1].high_ms;
    found.speedup = times[1].median_ms / times[0].median_ms;
    found.speedup_low = std::min(times[1].share_low, found.speedup);
    found.speedup_high = std::max(times[1].share_high, found.speedup);
    return found;
}

}  // namespace

BenchResult benchmark(Graph graph, std::int64_t batch, int threads, double seconds,
                      const BenchOptions& options) {
    if (batch < 1) throw InvalidArgument(fmt::format("batch={}: expected at least 1", batch));
    if (threads == 0) threads = core_count();
    const NamedTensors inputs = random_inputs(graph, batch, options.shapes);
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
    std::vector<Contestant> contestants;
    for (Session& session : sessions) contestants.push_back({session, inputs});
    const std::vector<InTurn> times = time_in_turn(contestants, seconds);
    const InTurn& chosen = times[0];
    const auto of_dense = times.begin() + (times.size() == 1 ? 0 : 1);
    const auto fastest = std::min_element(
        of_dense, times.end(), [](const InTurn& a, const InTurn& b) { return a.median_ms < b.median_ms; });
    const InTurn& dense = *fastest;
    BenchResult result{.batch = batch,
                       .threads = threads,
                       .parts = sessions[0].parts(),
                       .dense_parts = sessions[static_cast<std::size_t>(fastest - times.begin())].parts(),
                       .runs = chosen.runs,
                       .layers = sessions[0].profile(),
                       .compile_times = sessions[0].compile_times()};
    result.median_ms = chosen.median_ms;
    result.low_ms = chosen.low_ms;
    result.high_ms = chosen.high_ms;
    result.dense_median_ms = dense.median_ms;
    result.dense_low_ms = dense.low_ms;
    result.dense_high_ms = dense.high_ms;
    result.speedup = result.dense_median_ms / result.median_ms;
    result.speedup_low = std::min(dense.share_low, result.speedup);
    result.speedup_high = std::max(dense.share_high, result.speedup);
    if (options.precision != Precision::f32)
        result.against_f32 = against_f32(sessions[0], inputs, threads, seconds, options);
    for (int i = 0; i < options.traced_runs; ++i) sessions[0].run(inputs, result.traces.emplace_back());
    return result;
}

}  // namespace espalier::runtime
