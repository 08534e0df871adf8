#include "experiment/removal/reopened.h"

#include <algorithm>
#include <set>

#include "graph/analysis/readers.h"

namespace espalier::experiment {
namespace {

using Nodes = std::map<std::string, const Node*>;  // by their first output that is there
using Types = std::map<std::string, ValueType>;

const std::string& key(const Node& node) {
    const auto given =
        std::ranges::find_if(node.outputs, [](const std::string& name) { return !name.empty(); });
    return given == node.outputs.end() ? node.outputs.front() : *given;
}

Nodes nodes_of(const Graph& graph) {
    Nodes nodes;
    for (const Node& node : graph.nodes) nodes.emplace(key(node), &node);
    return nodes;
}

const Tensor* constant(const Graph& graph, const Node& node, std::size_t input) {
    if (input >= node.inputs.size()) return nullptr;
    const auto found = graph.initializers.find(node.inputs[input]);
    return found == graph.initializers.end() ? nullptr : &found->second;
}

class Reopening {
  public:
    Reopening(const Graph& open, const AtTwoSizes& sizes, const Graph& after)
        : sizes_(sizes),
          after_(after),
          nodes_one_(nodes_of(sizes.one)),
          nodes_other_(nodes_of(sizes.other)),
          nodes_after_(nodes_of(after)),
          types_one_(infer_types(sizes.one)),
          types_other_(infer_types(sizes.other)),
          result_(open) {}

    std::optional<Graph> run() {
        if (!take_tensors()) return std::nullopt;
        for (Node& node : result_.nodes) take_numbers(node);
        remove_unread_nodes(result_);
        remove_unread_initializers(result_);
        verify(result_);
        return std::move(result_);
    }

  private:
    bool is_sized(const std::string& name, const Tensor& at_one) const {
        const auto other = sizes_.other.initializers.find(name);
        return other == sizes_.other.initializers.end() || other->second != at_one;
    }

    /// What nodes of constants give, as a transposed weight, is a constant from here on.
    bool take_tensors() {
        for (const auto& [name, tensor] : after_.initializers) {
            const auto before = sizes_.one.initializers.find(name);
            if (before == sizes_.one.initializers.end() || before->second == tensor) continue;
            if (is_sized(name, before->second)) return false;
            result_.initializers.insert_or_assign(name, tensor);
        }
        std::erase_if(result_.nodes, [&](const Node& node) {
            return std::ranges::all_of(
                node.outputs, [&](const std::string& name) { return result_.initializers.contains(name); });
        });
        return true;
    }

    void take_numbers(Node& node) {
        const auto after = nodes_after_.find(key(node));
        const auto one = nodes_one_.find(key(node));
        const auto other = nodes_other_.find(key(node));
        if (after == nodes_after_.end() || one == nodes_one_.end() || other == nodes_other_.end()) return;
        if (after->second->attributes != one->second->attributes) node.attributes = after->second->attributes;
        for (std::size_t i = 0; i < after->second->inputs.size(); ++i) {
            const std::string& name = after->second->inputs[i];
            if (i < one->second->inputs.size() && one->second->inputs[i] == name) continue;
            const auto values = numbers(node, i, *one->second, *other->second, after_.initializers.at(name));
            if (!values) continue;  // computed from what got smaller, maybe
            node.inputs.resize(std::max(node.inputs.size(), i + 1));
            node.inputs[i] = name;
            result_.initializers.insert_or_assign(name, *values);
        }
    }

    /// `left` in place of input `index`, for any sizes.
    std::optional<Tensor> numbers(const Node& node, std::size_t index, const Node& one, const Node& other,
                                  const Tensor& left) const {
        const Tensor* at_one = constant(sizes_.one, one, index);
        const Tensor* at_other = constant(sizes_.other, other, index);
        if (at_one == nullptr && at_other == nullptr) return left;  // was left out
        if (at_one == nullptr || at_other == nullptr) return std::nullopt;
        if (*at_one == *at_other) return left;
        const bool is_target = node.op == "Reshape" && index == 1 && at_one->dtype() == DType::i64 &&
                               at_one->shape() == at_other->shape() && at_one->shape() == left.shape();
        return is_target ? target(node, *at_one, *at_other, left) : std::nullopt;
    }

    std::optional<Tensor> target(const Node& node, const Tensor& at_one, const Tensor& at_other,
                                 const Tensor& left) const {
        const Dims& from_one = types_one_.at(node.inputs[0]).dims;
        const Dims& from_other = types_other_.at(node.inputs[0]).dims;
        const bool copies = node.attribute_int("allowzero", 0) == 0;
        const std::span<const std::int64_t> one = at_one.as<std::int64_t>();
        const std::span<const std::int64_t> other = at_other.as<std::int64_t>();
        const std::span<const std::int64_t> small = left.as<std::int64_t>();
        std::vector<std::int64_t> values(small.begin(), small.end());
        bool has_rest = std::ranges::find(values, -1) != values.end();
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (one[i] == other[i]) continue;
            const bool is_copy = copies && i < from_one.size() && i < from_other.size() &&
                                 from_one[i] == Dim(one[i]) && from_other[i] == Dim(other[i]);
            if (one[i] == values[i] && is_copy) {
                values[i] = 0;
            } else if (!has_rest) {
                values[i] = -1;
                has_rest = true;
            } else {
                return std::nullopt;
            }
        }
        return Tensor::of<std::int64_t>(left.shape(), values);
    }

    const AtTwoSizes& sizes_;
    const Graph& after_;
    Nodes nodes_one_, nodes_other_, nodes_after_;
    Types types_one_, types_other_;
    Graph result_;
};

/// A symbol, or one open dimension without one.
std::string dim_key(const Value& input, std::size_t axis) {
    const Dim& dim = input.type.dims[axis];
    return dim.is_symbol() ? dim.symbol() : input.name + "/" + std::to_string(axis);
}

/// Calls visit(key, size) for what is open of the inputs that have a shape.
template <class Visit>
void each_open(const Graph& open, std::map<std::string, Shape>& shapes, const Visit& visit) {
    for (const Value& input : open.inputs) {
        const auto shape = shapes.find(input.name);
        if (shape == shapes.end()) continue;
        for (std::size_t i = 0; i < shape->second.size(); ++i) {
            if (!input.type.dims[i].is_fixed()) visit(dim_key(input, i), shape->second[i]);
        }
    }
}

/// A half, a quarter, ... of the size, as images often have to be multiples of 32; else any below it that is
/// still free. From 1 there is no way down.
std::int64_t smaller(std::int64_t size, const std::set<std::int64_t>& taken) {
    for (std::int64_t part = size; part % 2 == 0 && part > 2;) {
        part /= 2;
        if (!taken.contains(part)) return part;
    }
    for (std::int64_t one = size / 2 + 1; one > 1; --one) {
        if (one < size && !taken.contains(one)) return one;
    }
    return 0;
}

std::int64_t larger(std::int64_t size, const std::set<std::int64_t>& taken) {
    const std::int64_t step = std::max<std::int64_t>(size, 1);
    std::int64_t multiple = 2 * step;
    while (taken.contains(multiple)) multiple += step;
    return multiple;
}

std::map<std::string, Shape> chosen(const Graph& open, std::map<std::string, Shape> shapes, bool shrink) {
    std::map<std::string, std::int64_t> sizes;
    std::set<std::int64_t> taken = {1};
    each_open(open, shapes, [&](const std::string& key, std::int64_t& size) {
        const auto [at, first] = sizes.emplace(key, 0);
        if (first) {
            const std::int64_t less = shrink ? smaller(size, taken) : 0;
            at->second = less > 0 ? less : larger(size, taken);
            taken.insert(at->second);
        }
        size = at->second;
    });
    return shapes;
}

}  // namespace

std::optional<Graph> reopened(const Graph& open, const AtTwoSizes& sizes, const Graph& after) {
    return Reopening(open, sizes, after).run();
}

std::vector<std::map<std::string, Shape>> other_sizes(const Graph& open,
                                                      const std::map<std::string, Shape>& shapes) {
    const std::map<std::string, Shape> smaller_ones = chosen(open, shapes, true);
    if (smaller_ones == shapes) return {};
    return {smaller_ones, chosen(open, shapes, false)};
}

}  // namespace espalier::experiment
