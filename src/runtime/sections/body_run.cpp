#include "runtime/sections/body_run.h"

#include <fmt/format.h>

#include <cstring>
#include <limits>

#include "espalier/error.h"
#include "runtime/sections/stack.h"

namespace espalier::runtime {
namespace {

constexpr std::int64_t kMostRounds = std::int64_t{1} << 20;

const Graph* body_of(const Node& node, const char* key) {
    const auto found = node.attributes.find(key);
    return found == node.attributes.end() ? nullptr : &std::get<Subgraph>(found->second).graph();
}

/// What the body reads from around it.
std::vector<std::string> captured_by(const Graph& body) {
    Node around;
    around.attributes.emplace("body", Subgraph(body));
    return values_read(around);
}

bool truth(const Node& node, const TensorView& condition) {
    if (condition.dtype != DType::boolean || element_count(condition.shape) != 1) {
        throw InvalidModel(fmt::format("{}: the condition is {} {}, expected one bool", describe(node),
                                       name_of(condition.dtype), to_string(condition.shape)));
    }
    return condition.data[0] != std::byte{0};
}

std::int64_t rounds_of(const Node& node, const TensorView& count) {
    if (count.dtype != DType::i64 || element_count(count.shape) != 1) {
        throw InvalidModel(fmt::format("{}: the number of rounds is {} {}, expected one i64", describe(node),
                                       name_of(count.dtype), to_string(count.shape)));
    }
    std::int64_t rounds = 0;
    std::memcpy(&rounds, count.data, sizeof rounds);
    return rounds;
}

}  // namespace

BodyRun::BodyRun(const Node& node, const std::map<std::string, ValueType>& types, const Weights& constants,
                 const Options& options) {
    for (const char* key : {"then_branch", "else_branch", "body"}) {
        const Graph* given = body_of(node, key);
        if (given == nullptr) continue;
        Graph graph = *given;
        if (graph.name.empty()) graph.name = fmt::format("{} of {}", key, describe(node));
        std::vector<std::string> captured;
        const std::size_t formal = graph.inputs.size();
        for (const std::string& name : captured_by(*given)) {
            if (const auto constant = constants.find(name); constant != constants.end()) {
                graph.initializers.emplace(name, constant->second);
            } else {
                graph.inputs.push_back({name, types.at(name)});
                captured.push_back(name);
            }
        }
        const auto inside = infer_types(graph);  // what is declared may be less exact
        for (Value& output : graph.outputs) output.type = inside.at(output.name);
        bodies_.push_back({compile(std::move(graph), options), std::move(captured), formal});
    }
}

BodyRun BodyRun::share(const Options& options) const {
    BodyRun shared;
    for (const Body& body : bodies_)
        shared.bodies_.push_back({body.session.share(options), body.captured, body.formal});
    return shared;
}

std::vector<Tensor> BodyRun::call(Body& body, std::vector<TensorView> formal, const Find& find) {
    for (const std::string& name : body.captured) formal.push_back(find(name));
    return body.session.run(formal);
}

std::vector<Tensor> BodyRun::run(const Node& node, const Find& find) {
    return node.op == "If"     ? run_if(node, find)
           : node.op == "Loop" ? run_loop(node, find)
                               : run_scan(node, find);
}

std::vector<Tensor> BodyRun::run_if(const Node& node, const Find& find) {
    return call(bodies_.at(truth(node, find(node.inputs.at(0))) ? 0 : 1), {}, find);
}

/// v_0 = initial; (c, v_(i+1), s_i) = body(i, c, v_i) while i < rounds and c; outputs v_n and s stacked.
std::vector<Tensor> BodyRun::run_loop(const Node& node, const Find& find) {
    const std::size_t carried = node.inputs.size() - 2;
    const std::size_t stacked = node.outputs.size() - carried;
    const std::int64_t most = node.inputs[0].empty() ? std::numeric_limits<std::int64_t>::max()
                                                     : rounds_of(node, find(node.inputs[0]));
    // A scalar, or a row of one where the body declares that.
    const Graph& body = *body_of(node, "body");
    const auto shape_of = [&](std::size_t input) {
        return Shape(std::min<std::size_t>(body.inputs.at(input).type.dims.size(), 1), 1);
    };
    Tensor round(DType::i64, shape_of(0));
    Tensor condition(DType::boolean, shape_of(1));
    condition.bytes()[0] = std::byte{1};
    if (!node.inputs[1].empty()) condition.bytes()[0] = std::byte{truth(node, find(node.inputs[1]))};
    std::vector<Tensor> state;
    for (std::size_t i = 0; i < carried; ++i) state.push_back(copy_of(find(node.inputs[i + 2])));
    std::vector<Stack> stacks(stacked);
    for (std::int64_t done = 0; done < most && truth(node, condition); ++done) {
        if (done == kMostRounds)
            throw InvalidModel(fmt::format("{}: more than {} rounds", describe(node), kMostRounds));
        round.as<std::int64_t>()[0] = done;
        std::vector<TensorView> formal{round, condition};
        formal.insert(formal.end(), state.begin(), state.end());
        std::vector<Tensor> given = call(bodies_.front(), std::move(formal), find);
        condition = std::move(given.at(0));
        for (std::size_t i = 0; i < carried; ++i) state[i] = std::move(given.at(i + 1));
        for (std::size_t i = 0; i < stacked; ++i) stacks[i].push(given.at(carried + 1 + i), describe(node));
    }
    std::vector<Tensor> outputs = std::move(state);
    for (std::size_t i = 0; i < stacked; ++i)
        outputs.push_back(std::move(stacks[i]).take(bodies_.front().session.outputs()[carried + 1 + i].type));
    return outputs;
}

/// States go from step to step along an axis of each scanned input; outputs are stacked along an axis.
std::vector<Tensor> BodyRun::run_scan(const Node& node, const Find& find) {
    const auto scanned = static_cast<std::size_t>(node.attribute_int("num_scan_inputs", 0));
    const std::size_t states = node.inputs.size() - scanned;
    const std::size_t stacked = node.outputs.size() - states;
    const auto ints = [&](const char* key, std::size_t count) {
        auto values = node.attribute_ints(key, std::vector<std::int64_t>(count, 0));
        if (values.size() != count)
            throw InvalidModel(
                fmt::format("{}: {} has {} numbers, expected {}", describe(node), key, values.size(), count));
        return values;
    };
    const auto backwards_in = ints("scan_input_directions", scanned);
    const auto backwards_out = ints("scan_output_directions", stacked);
    const auto axes_in = ints("scan_input_axes", scanned);
    const auto axes_out = ints("scan_output_axes", stacked);
    std::vector<Tensor> state;
    for (std::size_t i = 0; i < states; ++i) state.push_back(copy_of(find(node.inputs[i])));
    std::vector<Slices> slices;
    for (std::size_t i = 0; i < scanned; ++i)
        slices.emplace_back(find(node.inputs[states + i]), axes_in.at(i), backwards_in.at(i) != 0);
    const std::int64_t steps = slices.front().count();
    for (const Slices& one : slices) {
        if (one.count() != steps)
            throw InvalidModel(
                fmt::format("{}: scanned inputs have {} and {} steps", describe(node), steps, one.count()));
    }
    std::vector<Stack> stacks(stacked);
    for (std::int64_t step = 0; step < steps; ++step) {
        std::vector<TensorView> formal(state.begin(), state.end());
        for (Slices& one : slices) formal.push_back(one.at(step));
        std::vector<Tensor> given = call(bodies_.front(), std::move(formal), find);
        for (std::size_t i = 0; i < states; ++i) state[i] = std::move(given.at(i));
        for (std::size_t i = 0; i < stacked; ++i) stacks[i].push(given.at(states + i), describe(node));
    }
    std::vector<Tensor> outputs = std::move(state);
    for (std::size_t i = 0; i < stacked; ++i) {
        outputs.push_back(std::move(stacks[i]).take(bodies_.front().session.outputs()[states + i].type,
                                                    axes_out.at(i), backwards_out.at(i) != 0));
    }
    return outputs;
}

void BodyRun::add_profile(std::vector<LayerProfile>& profile) const {
    for (const Body& body : bodies_) {
        const auto& layers = body.session.profile();
        profile.insert(profile.end(), layers.begin(), layers.end());
    }
}

}  // namespace espalier::runtime
