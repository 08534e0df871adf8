#include <fmt/format.h>

#include <algorithm>

#include "base/parallel.h"
#include "base/random.h"
#include "espalier/error.h"
#include "espalier/runtime.h"
#include "runtime/kernel.h"
#include "runtime/timing.h"

namespace espalier::runtime {
namespace {

Shape with_batch(const Value& input, std::int64_t batch) {
    Shape shape;
    for (std::size_t d = 0; d < input.type.dims.size(); ++d) {
        const Dim& dim = input.type.dims[d];
        if (!dim.is_fixed() && d > 0) {
            throw Unsupported(fmt::format("input \"{}\" has shape {}: only the first dimension may be open",
                                          input.name, to_string(input.type.dims)));
        }
        shape.push_back(dim.is_fixed() ? dim.size() : batch);
    }
    return shape;
}

NamedTensors random_inputs(const Graph& graph, std::int64_t batch) {
    NamedTensors inputs;
    for (const Value& input : graph.inputs) {
        Tensor tensor(DType::f32, with_batch(input, batch));
        Random random(1, "benchmark/" + input.name);
        for (float& value : tensor.f32()) value = random.uniform();
        inputs.insert_or_assign(input.name, std::move(tensor));
    }
    return inputs;
}

bool has_sparse_layer(const std::vector<LayerProfile>& layers) {
    return std::any_of(layers.begin(), layers.end(), [](const LayerProfile& layer) {
        return layer.weights > 0 && layer.kernel != kDenseName;
    });
}

}  // namespace

BenchResult benchmark(const Graph& graph, std::int64_t batch, int threads, double seconds) {
    if (batch < 1) throw InvalidArgument(fmt::format("batch={}: expected at least 1", batch));
    Session chosen = compile(graph, {.threads = threads});
    Session dense = compile(graph, {.threads = threads, .choice = Options::Choice::dense});
    const NamedTensors inputs = random_inputs(graph, batch);
    chosen.run(inputs);
    // A network that stays dense is its own comparison: two plans could differ in what noise made of their
    // threads.
    Session& compared = has_sparse_layer(chosen.profile()) ? dense : chosen;
    const std::function<void()> bodies[] = {[&] { chosen.run(inputs); }, [&] { compared.run(inputs); }};
    const std::vector<Timing> timings = time_in_turn(bodies, seconds);
    BenchResult result{.batch = batch,
                       .threads = threads == 0 ? core_count() : threads,
                       .runs = timings[0].runs,
                       .layers = chosen.profile()};
    result.median_ms = timings[0].median_us / 1000;
    result.low_ms = timings[0].low_us / 1000;
    result.high_ms = timings[0].high_us / 1000;
    result.dense_median_ms = timings[1].median_us / 1000;
    result.dense_low_ms = timings[1].low_us / 1000;
    result.dense_high_ms = timings[1].high_us / 1000;
    result.speedup = result.dense_median_ms / result.median_ms;
    return result;
}

}  // namespace espalier::runtime
