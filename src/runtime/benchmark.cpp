#include <fmt/format.h>

#include "base/random.h"
#include "espalier/error.h"
#include "espalier/runtime.h"
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

}  // namespace

BenchResult benchmark(const Graph& graph, std::int64_t batch, int threads, double seconds) {
    if (batch < 1) throw InvalidArgument(fmt::format("batch={}: expected at least 1", batch));
    Session chosen = compile(graph, {.threads = threads});
    Session dense = compile(graph, {.threads = threads, .choice = Options::Choice::dense});
    const NamedTensors inputs = random_inputs(graph, batch);
    const std::function<void()> bodies[] = {[&] { chosen.run(inputs); }, [&] { dense.run(inputs); }};
    const std::vector<Timing> timings = time_in_turn(bodies, seconds);
    BenchResult result{
        .batch = batch, .threads = threads, .runs = timings[0].runs, .layers = chosen.profile()};
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
