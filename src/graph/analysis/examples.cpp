#include "graph/analysis/examples.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "graph/coupling/coupling.h"
#include "graph/op.h"

namespace espalier {
namespace {

/// Whether `relation` says that index i of both axes is the same, and nothing is computed over them.
bool ties(const AxisRelation& relation, const OperandAxis& a, const OperandAxis& b) {
    const auto of_a = std::ranges::find(relation.members, a, &AxisRelation::Member::axis);
    const auto of_b = std::ranges::find(relation.members, b, &AxisRelation::Member::axis);
    return relation.over_rest == nullptr && of_a != relation.members.end() &&
           of_b != relation.members.end() && of_a->things == of_b->things;
}

/// By the rule that couples axes: first axes of the batch's inputs, and of no others, go with the output's.
bool couples_examples(const Coupling& coupling, const std::set<std::size_t>& by_example) {
    for (std::size_t o = 0; o < coupling.node().outputs.size(); ++o) {
        if (!coupling.has_output(o)) continue;
        for (std::size_t i = 0; i < coupling.input_count(); ++i) {
            const bool tied = std::ranges::any_of(coupling.relations(), [&](const AxisRelation& relation) {
                return ties(relation, in(i, 0), out(o, 0));
            });
            if (tied != by_example.contains(i)) return false;
        }
    }
    return true;
}

/// Walks the nodes in their order.
class Examples {
  public:
    Examples(const KnownGraph& batch, const KnownGraph& one, const Graph& graph,
             const std::set<std::string>& inputs)
        : batch_(batch),
          one_(one),
          weights_(graph.initializers),
          count_(batch.types.at(*inputs.begin()).dims.front().size()),
          by_example_(inputs) {
        for (const Value& input : graph.inputs) {
            if (!inputs.contains(input.name)) fixed_.insert(input.name);
        }
        for (const auto& [name, tensor] : batch.computed) {
            const auto of_one = one.computed.find(name);
            if (of_one != one.computed.end()) sort_in(name, tensor, of_one->second);
        }
    }

    bool are_apart() {
        const bool same_nodes =
            std::ranges::equal(batch_.nodes, one_.nodes, {}, &Node::outputs, &Node::outputs);
        return same_nodes && std::ranges::all_of(batch_.nodes, [&](const Node& node) { return keeps(node); });
    }
    bool has_slices(const std::string& value) const { return by_example_.contains(value); }

  private:
    /// Of what is computed from shapes: the same slice for every example, the same for any batch, or neither.
    void sort_in(const std::string& name, const Tensor& of_batch, const Tensor& of_one) {
        const auto all = of_batch.bytes();
        const auto slice = of_one.bytes();
        if (of_batch.shape() == of_one.shape() && std::ranges::equal(all, slice)) {
            fixed_.insert(name);
            return;
        }
        const Shape& shape = of_batch.shape();
        if (shape.empty() || shape.front() != count_ || of_one.shape().empty() ||
            of_one.shape().front() != 1 || slice.empty())
            return;
        if (!std::equal(shape.begin() + 1, shape.end(), of_one.shape().begin() + 1, of_one.shape().end()))
            return;
        for (std::size_t at = 0; at < all.size(); at += slice.size()) {
            if (std::memcmp(all.data() + at, slice.data(), slice.size()) != 0) return;
        }
        by_example_.insert(name);
    }

    bool is_fixed(const std::string& value) const {
        return weights_.contains(value) || fixed_.contains(value);
    }

    bool keeps(const Node& node) {
        const Operator& op = operator_of(node);
        std::set<std::size_t> slices;
        bool only_fixed = true;
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            const std::string& input = node.inputs[i];
            if (input.empty()) continue;
            if (by_example_.contains(input)) {
                slices.insert(i);
            } else if (!is_fixed(input)) {
                // Sizes of outputs are others for another batch, and asked of the outputs.
                const bool is_sizes = std::ranges::count(op.sizes, i) > 0;
                if (!is_sizes || !batch_.computed.contains(input)) return false;
                only_fixed = false;
            }
        }
        if (slices.empty() && !only_fixed) return false;
        if (!slices.empty() && !keeps(node, op, slices)) return false;
        for (const std::string& output : node.outputs) {
            if (!slices.empty() && !output.empty() && !is_slice(output)) return false;
            (slices.empty() ? fixed_ : by_example_).insert(output);
        }
        return true;
    }

    bool keeps(const Node& node, const Operator& op, const std::set<std::size_t>& slices) const {
        if (op.keeps_examples == nullptr && (op.couple == nullptr || op.moves > 0)) return false;
        const auto is_open = [&](const std::string& value) { return !value.empty() && !is_sized(value); };
        if (std::ranges::any_of(node.inputs, is_open) || std::ranges::any_of(node.outputs, is_open))
            return false;
        std::vector<std::optional<Shape>> inputs, outputs;
        std::vector<const Tensor*> constants;
        for (const std::string& input : node.inputs) {
            inputs.push_back(shape_of(input));
            constants.push_back(constant(input));
        }
        for (const std::string& output : node.outputs) outputs.push_back(shape_of(output));
        Coupling coupling(node, std::move(inputs), std::move(outputs), std::move(constants));
        if (op.keeps_examples != nullptr) return op.keeps_examples(coupling, slices);
        op.couple(coupling);
        return couples_examples(coupling, slices);
    }

    /// Whether what it is of one example is as large as a slice of it: not so behind a Resize to given sizes.
    bool is_slice(const std::string& value) const {
        Dims dims = batch_.types.at(value).dims;
        if (dims.empty() || !(dims.front() == Dim(count_))) return false;
        dims.front() = 1;
        return dims == one_.types.at(value).dims;
    }

    /// Not so where a shape depends on data.
    bool is_sized(const std::string& value) const {
        const ValueType& type = batch_.types.at(value);
        return type.is_ranked &&
               std::ranges::all_of(type.dims, [](const Dim& dim) { return dim.is_fixed(); });
    }

    std::optional<Shape> shape_of(const std::string& value) const {
        if (value.empty()) return {};
        Shape shape;
        for (const Dim& dim : batch_.types.at(value).dims) shape.push_back(dim.size());
        return shape;
    }

    const Tensor* constant(const std::string& value) const {
        const auto computed = batch_.computed.find(value);
        if (computed != batch_.computed.end()) return &computed->second;
        const auto weight = weights_.find(value);
        return weight == weights_.end() ? nullptr : &weight->second;
    }

    const KnownGraph& batch_;
    const KnownGraph& one_;
    const Weights& weights_;
    std::int64_t count_;  // examples
    std::set<std::string> by_example_, fixed_;
};

}  // namespace

bool treats_examples_apart(const KnownGraph& batch, const KnownGraph& one, const Graph& graph,
                           const std::set<std::string>& inputs) {
    Examples examples(batch, one, graph, inputs);
    return examples.are_apart() && std::ranges::all_of(graph.outputs, [&](const Value& output) {
               return examples.has_slices(output.name);
           });
}

}  // namespace espalier
