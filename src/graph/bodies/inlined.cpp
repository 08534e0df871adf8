#include "graph/bodies/inlined.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "graph/analysis/inference.h"
#include "graph/bodies/renamed.h"
#include "graph/fresh_names.h"

namespace espalier {
namespace {

constexpr std::size_t kMostNodes = 100'000;

const Graph& body_of(const Node& node, const char* key) {
    return std::get<Subgraph>(node.attributes.at(key)).graph();
}

/// A scalar, or a row of one where the body declares that.
Shape shape_of(const Value& formal) { return Shape(std::min<std::size_t>(formal.type.dims.size(), 1), 1); }

/// Of a node without a name, what it gives.
std::string name_of(const Node& node) {
    if (!node.name.empty()) return node.name;
    for (const std::string& output : node.outputs) {
        if (!output.empty()) return output;
    }
    return node.op;
}

class Inliner {
  public:
    explicit Inliner(const Graph& graph)
        : names_(graph), graph_(interface_of(graph)), inference_(constants_) {
        graph_.initializers = graph.initializers;
        const std::set<std::string> learned = parameters(graph);
        for (const auto& [name, tensor] : graph.initializers) {
            if (!learned.contains(name)) constants_.emplace(name, tensor);
            inference_.define(name, {tensor.dtype(), to_dims(tensor.shape())});
        }
        for (const Value& input : graph.inputs) inference_.define(input.name, input.type);
        for (const Node& node : graph.nodes) add(node);
    }

    Graph take() && { return std::move(graph_); }

  private:
    using Values = std::vector<std::string>;

    /// What the rounds of a body give so far.
    struct Rounds {
        Values state;
        std::vector<Values> stacked;
    };

    void add(const Node& node) {
        const std::size_t before = graph_.nodes.size();
        const std::size_t made = made_.size();
        // What is tried in vain counts, too: a loop within a loop is tried in every round.
        if (has_bodies(node) && spent_ <= kMostNodes && inlines(node)) return;
        graph_.nodes.resize(before);
        for (; made_.size() > made; made_.pop_back()) {
            graph_.initializers.erase(made_.back());
            constants_.erase(made_.back());
        }
        ++spent_;
        inference_.infer(node);
        graph_.nodes.push_back(node);
    }

    bool inlines(const Node& node) {
        return node.op == "If"     ? inlines_if(node)
               : node.op == "Loop" ? inlines_loop(node)
                                   : inlines_scan(node);
    }

    std::string constant(const std::string& name, Tensor tensor) {
        const std::string fresh = names_.fresh(name);
        inference_.define(fresh, {tensor.dtype(), to_dims(tensor.shape())});
        graph_.initializers.emplace(fresh, tensor);
        constants_.emplace(fresh, std::move(tensor));
        made_.push_back(fresh);
        ++spent_;
        return fresh;
    }

    std::string make(const char* op, Values inputs, const std::string& output,
                     std::map<std::string, Attribute> attributes = {}) {
        add({output, op, std::move(inputs), {output}, std::move(attributes)});
        return output;
    }

    std::optional<bool> truth(const std::string& value) const {
        const Tensor* const known = inference_.known(value);
        if (known == nullptr || known->dtype() != DType::boolean || known->count() != 1) return {};
        return known->as<bool>()[0];
    }

    /// Constants that the body holds itself, once for all rounds.
    Names own_constants(const Node& node, const Graph& body) {
        Names names;
        for (const auto& [name, tensor] : body.initializers)
            names[name] = constant(fmt::format("{}/{}", name_of(node), name), tensor);
        return names;
    }

    /// Adds the nodes of one round, whose inputs `names` knows; returns what the outputs are called.
    Values round(const Graph& body, const std::string& prefix, Names names) {
        for (const Node& node : body.nodes) {
            Node copy = renamed(node, names);
            if (!node.name.empty()) copy.name = fmt::format("{}/{}", prefix, node.name);
            for (std::string& output : copy.outputs) {
                if (output.empty()) continue;
                const std::string inside = output;
                output = names_.fresh(fmt::format("{}/{}", prefix, inside));
                names[inside] = output;
            }
            add(copy);
        }
        Values outputs;
        for (const Value& output : body.outputs) {
            const auto found = names.find(output.name);
            outputs.push_back(found == names.end() ? output.name : found->second);
        }
        return outputs;
    }

    void give(const Node& node, std::size_t output, const std::string& value) {
        if (output < node.outputs.size() && !node.outputs[output].empty())
            make("Identity", {value}, node.outputs[output]);
    }

    bool inlines_if(const Node& node) {
        const auto condition = truth(node.inputs[0]);
        if (!condition) return false;
        const Graph& body = body_of(node, *condition ? "then_branch" : "else_branch");
        const Values outputs = round(body, name_of(node), own_constants(node, body));
        for (std::size_t i = 0; i < outputs.size(); ++i) give(node, i, outputs[i]);
        return true;
    }

    void stack(const Node& node, const Rounds& rounds, const std::vector<std::int64_t>& axes,
               const std::vector<std::int64_t>& backwards) {
        for (std::size_t i = 0; i < rounds.stacked.size(); ++i) {
            const std::size_t output = rounds.state.size() + i;
            if (output >= node.outputs.size() || node.outputs[output].empty()) continue;
            const std::string& name = node.outputs[output];
            const std::string axis = constant(name + "/axis", Tensor::of<std::int64_t>({1}, {axes[i]}));
            Values slices;
            for (const std::string& value : rounds.stacked[i])
                slices.push_back(make("Unsqueeze", {value, axis}, names_.fresh(name + "/slice")));
            if (backwards[i] != 0) std::ranges::reverse(slices);
            make("Concat", std::move(slices), name, {{"axis", axes[i]}});
        }
    }

    static void take(Rounds& rounds, const Values& outputs, std::size_t first) {
        for (std::size_t i = 0; i < rounds.state.size(); ++i) rounds.state[i] = outputs[first + i];
        for (std::size_t i = 0; i < rounds.stacked.size(); ++i)
            rounds.stacked[i].push_back(outputs[first + rounds.state.size() + i]);
    }

    bool inlines_loop(const Node& node) {
        const Graph& body = body_of(node, "body");
        std::int64_t most = std::numeric_limits<std::int64_t>::max();
        if (!node.inputs[0].empty()) {
            const Tensor* const known = inference_.known(node.inputs[0]);
            if (known == nullptr || known->dtype() != DType::i64 || known->count() != 1) return false;
            most = known->as<std::int64_t>()[0];
        }
        std::string condition = node.inputs[1];
        if (condition.empty()) {
            Tensor yes(DType::boolean, shape_of(body.inputs[1]));
            yes.as<bool>()[0] = true;
            condition = constant(name_of(node) + "/goes_on", std::move(yes));
        }
        Rounds rounds{.state = {node.inputs.begin() + 2, node.inputs.end()},
                      .stacked = std::vector<Values>(body.outputs.size() + 1 - node.inputs.size())};
        Names names = own_constants(node, body);
        for (std::int64_t index = 0; index < most; ++index) {
            const auto goes_on = truth(condition);
            if (!goes_on || spent_ > kMostNodes) return false;
            if (!*goes_on) break;
            const std::string prefix = fmt::format("{}/{}", name_of(node), index);
            Tensor number(DType::i64, shape_of(body.inputs[0]));
            number.as<std::int64_t>()[0] = index;
            names[body.inputs[0].name] = constant(prefix + "/round", std::move(number));
            names[body.inputs[1].name] = condition;
            for (std::size_t i = 0; i < rounds.state.size(); ++i)
                names[body.inputs[i + 2].name] = rounds.state[i];
            const Values outputs = round(body, prefix, names);
            condition = outputs[0];
            take(rounds, outputs, 1);
        }
        return gives(node, rounds, {}, {});
    }

    /// False where nothing was stacked: a stack of no rounds has no shape.
    bool gives(const Node& node, const Rounds& rounds, std::vector<std::int64_t> axes,
               std::vector<std::int64_t> backwards) {
        axes.resize(rounds.stacked.size());
        backwards.resize(rounds.stacked.size());
        if (!rounds.stacked.empty() && rounds.stacked[0].empty()) return false;
        for (std::size_t i = 0; i < rounds.state.size(); ++i) give(node, i, rounds.state[i]);
        stack(node, rounds, axes, backwards);
        return true;
    }

    bool inlines_scan(const Node& node) {
        const Graph& body = body_of(node, "body");
        const auto scanned = static_cast<std::size_t>(node.attribute_int("num_scan_inputs", 0));
        if (scanned == 0 || scanned > node.inputs.size()) return false;
        const std::size_t states = node.inputs.size() - scanned;
        const std::vector<std::int64_t> none(scanned, 0);
        const auto axes = node.attribute_ints("scan_input_axes", none);
        const auto backwards = node.attribute_ints("scan_input_directions", none);
        const auto steps = steps_of(node.inputs[states], axes[0]);
        if (!steps) return false;
        Rounds rounds{
            .state = {node.inputs.begin(), node.inputs.begin() + static_cast<std::ptrdiff_t>(states)},
            .stacked = std::vector<Values>(body.outputs.size() - states)};
        Names names = own_constants(node, body);
        for (std::int64_t step = 0; step < *steps; ++step) {
            if (spent_ > kMostNodes) return false;
            const std::string prefix = fmt::format("{}/{}", name_of(node), step);
            for (std::size_t i = 0; i < states; ++i) names[body.inputs[i].name] = rounds.state[i];
            for (std::size_t i = 0; i < scanned; ++i) {
                const std::int64_t at = backwards[i] != 0 ? *steps - 1 - step : step;
                const std::string index = constant(prefix + "/step", Tensor::of<std::int64_t>({}, {at}));
                names[body.inputs[states + i].name] =
                    make("Gather", {node.inputs[states + i], index}, names_.fresh(prefix + "/slice"),
                         {{"axis", axes[i]}});
            }
            take(rounds, round(body, prefix, names), 0);
        }
        return gives(node, rounds, node.attribute_ints("scan_output_axes", {}),
                     node.attribute_ints("scan_output_directions", {}));
    }

    std::optional<std::int64_t> steps_of(const std::string& value, std::int64_t axis) const {
        const ValueType& type = inference_.types().at(value);
        const auto rank = std::ssize(type.dims);
        const std::int64_t at = axis < 0 ? axis + rank : axis;
        if (!type.is_ranked || at < 0 || at >= rank) return {};
        const Dim& dim = type.dims[static_cast<std::size_t>(at)];
        if (!dim.is_fixed()) return {};
        return dim.size();
    }

    FreshNames names_;
    Graph graph_;
    Weights constants_;
    Inference inference_;
    std::vector<std::string> made_;  // constants, in order
    std::size_t spent_ = 0;          // nodes and constants, also those that were taken back
};

}  // namespace

bool has_bodies(const Node& node) { return node.op == "If" || node.op == "Loop" || node.op == "Scan"; }

bool has_bodies(const Graph& graph) {
    return std::ranges::any_of(graph.nodes, [](const Node& node) { return has_bodies(node); });
}

Graph with_bodies_inlined(const Graph& graph) { return Inliner(graph).take(); }

}  // namespace espalier
