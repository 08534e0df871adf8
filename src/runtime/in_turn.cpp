#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/random.h"
#include "espalier/error.h"
#include "espalier/runtime.h"
#include "runtime/tuning/timing.h"

namespace espalier::runtime {
namespace {

Shape shape_for(const Value& input, std::int64_t batch, const std::map<std::string, Shape>& shapes) {
    const auto given = shapes.find(input.name);
    if (given != shapes.end()) return given->second;
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

/// Times of another batch would go by the name of this one.
void check_batch(const NamedTensors& inputs, std::int64_t batch) {
    const auto takes_it = [&](const auto& input) {
        return input.second.rank() > 0 && input.second.shape()[0] == batch;
    };
    if (batch == 1 || inputs.empty() || std::ranges::any_of(inputs, takes_it)) return;
    throw InvalidArgument(fmt::format("batch {}: no input has it, \"{}\" is {} and not open", batch,
                                      inputs.begin()->first, to_string(inputs.begin()->second.shape())));
}

}  // namespace

NamedTensors random_inputs(const Graph& graph, std::int64_t batch,
                           const std::map<std::string, Shape>& shapes) {
    for (const auto& given : shapes) {
        const std::string& name = given.first;
        if (std::ranges::none_of(graph.inputs, [&](const Value& input) { return input.name == name; }))
            throw InvalidArgument(
                fmt::format("a shape for \"{}\", which is not an input of the graph", name));
    }
    NamedTensors inputs;
    for (const Value& input : graph.inputs) {
        Tensor tensor(input.type.dtype, shape_for(input, batch, shapes));
        if (tensor.dtype() == DType::f32) {  // zeros otherwise, which index anything
            Random random(1, "benchmark/" + input.name);
            for (float& value : tensor.f32()) value = random.uniform();
        }
        inputs.insert_or_assign(input.name, std::move(tensor));
    }
    check_batch(inputs, batch);
    return inputs;
}

std::vector<InTurn> time_in_turn(std::span<const Contestant> contestants, double seconds) {
    std::vector<std::function<void()>> bodies;
    bodies.reserve(contestants.size());
    for (const Contestant& each : contestants) {
        each.session.run(each.inputs);  // compiles
        bodies.emplace_back([&each] { each.session.run(each.inputs); });
    }
    const std::vector<Timing> timings = time_in_turn(bodies, seconds);
    std::vector<InTurn> results;
    for (const Timing& timing : timings) {
        const Ratio ratio = ratio_of(timing, timings.front());
        results.push_back({.median_ms = timing.median_us / 1000,
                           .low_ms = timing.low_us / 1000,
                           .high_ms = timing.high_us / 1000,
                           .runs = timing.runs,
                           .share = ratio.median,
                           .share_low = ratio.low,
                           .share_high = ratio.high});
    }
    return results;
}

}  // namespace espalier::runtime
