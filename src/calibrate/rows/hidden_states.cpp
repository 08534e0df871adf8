#include "calibrate/rows/hidden_states.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "espalier/error.h"

namespace espalier::calibrate {
namespace {

constexpr std::size_t kLengths = 4;
constexpr std::size_t kInitial = 5;

/// The others are weights.
bool varies(std::size_t input) { return input == 0 || (input >= kLengths && input <= kInitial + 1); }

std::int64_t length_of(const std::vector<const Tensor*>& inputs, std::int64_t sequence, std::int64_t steps) {
    if (inputs.size() <= kLengths || inputs[kLengths] == nullptr) return steps;
    return inputs[kLengths]->as<std::int32_t>()[static_cast<std::size_t>(sequence)];
}

}  // namespace

HiddenStates::HiddenStates(Node node, int threads) : node_(std::move(node)), threads_(threads) {
    if (node_.op == "GRU" && node_.attribute_int("linear_before_reset", 0) == 0)
        throw Unsupported(fmt::format(
            "{}: its recurrent weight multiplies states that were reset, which calibration does not see; "
            "--keep leaves it whole",
            describe(node_)));
    for (std::size_t i = 0; i < node_.inputs.size(); ++i) {
        if (!node_.inputs[i].empty()) node_.inputs[i] = fmt::format("input {}", i);
    }
    node_.outputs = {"states"};
}

/// [steps, directions, batch, hidden], or [batch, steps, directions, hidden] with layout 1.
std::vector<Tensor> HiddenStates::states_of(const std::vector<const Tensor*>& inputs) {
    std::vector<Shape> shapes;
    NamedTensors given;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i] == nullptr || !varies(i)) continue;
        shapes.push_back(inputs[i]->shape());
        given.emplace(node_.inputs[i], *inputs[i]);
    }
    auto session = sessions_.find(shapes);
    if (session == sessions_.end()) {
        Graph graph;
        graph.name = "states";
        graph.nodes = {node_};
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            if (inputs[i] == nullptr) continue;
            if (varies(i)) {
                graph.inputs.push_back({node_.inputs[i], {inputs[i]->dtype(), to_dims(inputs[i]->shape())}});
            } else {
                graph.initializers.emplace(node_.inputs[i], *inputs[i]);
            }
        }
        graph.outputs = {{"states", infer_types(graph).at("states")}};
        session = sessions_
                      .emplace(std::move(shapes),
                               runtime::compile(std::move(graph), {.threads = threads_,
                                                                   .choice = runtime::Options::Choice::dense,
                                                                   .tuning = runtime::Options::Tuning::none}))
                      .first;
    }
    return session->second.run(given);
}

Tensor steps_of(const Node& node, const std::vector<const Tensor*>& inputs) {
    const bool by_batch = node.attribute_int("layout", 0) != 0;
    const Tensor& x = *inputs[0];
    const std::int64_t steps = x.shape()[by_batch ? 1 : 0];
    const std::int64_t batch = x.shape()[by_batch ? 0 : 1];
    const std::int64_t width = x.shape()[2];
    std::int64_t all = 0;
    for (std::int64_t b = 0; b < batch; ++b) all += length_of(inputs, b, steps);
    Tensor rows(DType::f32, {1, all, width});
    float* to = rows.f32().data();
    for (std::int64_t b = 0; b < batch; ++b) {
        for (std::int64_t step = 0; step < length_of(inputs, b, steps); ++step, to += width) {
            const std::int64_t at = by_batch ? b * steps + step : step * batch + b;
            std::copy_n(x.f32().data() + at * width, width, to);
        }
    }
    return rows;
}

Tensor HiddenStates::before_steps(const std::vector<const Tensor*>& inputs) {
    const Tensor states = std::move(states_of(inputs).front());
    const bool by_batch = node_.attribute_int("layout", 0) != 0;
    const Shape& shape = states.shape();
    const std::int64_t steps = shape[by_batch ? 1 : 0];
    const std::int64_t directions = shape[by_batch ? 2 : 1];
    const std::int64_t batch = shape[by_batch ? 0 : 2];
    const std::int64_t hidden = shape[3];
    const bool is_reverse = node_.attribute_string("direction", "forward") == "reverse";
    const Tensor* const initial = inputs.size() > kInitial ? inputs[kInitial] : nullptr;
    std::int64_t all = 0;
    for (std::int64_t b = 0; b < batch; ++b) all += length_of(inputs, b, steps);
    Tensor rows(DType::f32, {directions, all, hidden});
    float* to = rows.f32().data();
    for (std::int64_t d = 0; d < directions; ++d) {
        for (std::int64_t b = 0; b < batch; ++b) {
            const std::int64_t length = length_of(inputs, b, steps);
            for (std::int64_t step = 0; step < length; ++step, to += hidden) {
                if (step == 0) {
                    if (initial == nullptr) continue;  // zeros
                    const std::int64_t at = by_batch ? b * directions + d : d * batch + b;
                    std::copy_n(initial->f32().data() + at * hidden, hidden, to);
                    continue;
                }
                const std::int64_t before = is_reverse || d == 1 ? length - step : step - 1;
                const std::int64_t at =
                    by_batch ? (b * steps + before) * directions + d : (before * directions + d) * batch + b;
                std::copy_n(states.f32().data() + at * hidden, hidden, to);
            }
        }
    }
    return rows;
}

}  // namespace espalier::calibrate
