#include "graph/analysis/weight_forms.h"

#include <algorithm>
#include <numeric>

#include "graph/analysis/inference.h"

namespace espalier {
namespace {

bool is_in_order(const std::vector<std::size_t>& order) { return std::ranges::is_sorted(order); }

Shape without_ones(const Shape& shape) {
    Shape left;
    std::ranges::copy_if(shape, std::back_inserter(left), [](std::int64_t size) { return size != 1; });
    return left;
}

std::optional<Shape> fixed(const Dims& dims) {
    Shape shape;
    for (const Dim& dim : dims) {
        if (!dim.is_fixed()) return {};
        shape.push_back(dim.size());
    }
    return shape;
}

std::optional<WeightUse> use_of(const Node& node, std::size_t input, const Shape& shape) {
    const Operator* op = ops().find(node.op);
    if (op == nullptr) return {};
    if (op->weight_use != nullptr) return op->weight_use(node, input, shape);
    if (op->weight_input != static_cast<int>(input) || shape.size() < 2) return {};
    const int axis = op->output_axis(node);
    return WeightUse{.shape = shape, .output_axis = axis, .seen_axis = axis};
}

/// The memory of a matrix that is read transposed is that of its transpose: no element has to move.
bool turn(WeightForm& form, int& output_axis) {
    if (form.shape.size() != 2 || form.groups != 1 || !form.parts.empty()) return false;
    if (without_ones(form.memory).size() > 2) return false;
    form.shape = {form.shape[1], form.shape[0]};
    output_axis = 1 - output_axis;
    form.memory.clear();
    form.order.clear();
    return true;
}

}  // namespace

bool only_moves(const std::string& op) {
    constexpr std::string_view kMovers[] = {"Identity",  "Transpose", "Reshape",
                                            "Unsqueeze", "Squeeze",   "Flatten"};
    return std::ranges::find(kMovers, op) != std::end(kMovers);
}

WeightForms::WeightForms(const Graph& graph) : graph_(graph) {
    for (const Node& node : graph.nodes) {
        if (only_moves(node.op)) movers_[node.outputs[0]] = &node;
    }
}

std::optional<WeightForms::Moved> WeightForms::moved(const std::string& value) const {
    if (const auto found = graph_.initializers.find(value); found != graph_.initializers.end()) {
        Moved moved{.tensor = &found->second,
                    .name = value,
                    .seen = found->second.shape(),
                    .memory = found->second.shape(),
                    .order = {}};
        moved.order.resize(moved.seen.size());
        std::iota(moved.order.begin(), moved.order.end(), std::size_t{0});
        return moved;
    }
    const auto maker = movers_.find(value);
    if (maker == movers_.end()) return {};
    const Node& node = *maker->second;
    auto from = moved(node.inputs[0]);
    if (!from || node.op == "Identity") return from;
    if (node.op == "Transpose") {
        std::vector<std::int64_t> perm(from->seen.size());
        for (std::size_t i = 0; i < perm.size(); ++i)
            perm[i] = static_cast<std::int64_t>(perm.size() - 1 - i);
        perm = node.attribute_ints("perm", perm);
        const Moved before = *from;
        for (std::size_t i = 0; i < perm.size(); ++i) {
            from->seen[i] = before.seen.at(static_cast<std::size_t>(perm[i]));
            from->order[i] = before.order.at(static_cast<std::size_t>(perm[i]));
        }
        return from;
    }
    if (types_.empty()) types_ = infer_types(graph_);
    const auto shape = fixed(types_.at(value).dims);
    if (!shape) return {};
    if (is_in_order(from->order)) {
        from->seen = from->memory = *shape;
        from->order.resize(shape->size());
        std::iota(from->order.begin(), from->order.end(), std::size_t{0});
        return from;
    }
    if (without_ones(from->seen) != without_ones(*shape)) return {};  // splits what is not in one piece
    // Dimensions of one lie anywhere: behind the others.
    std::vector<std::size_t> places;  // of memory, in the order that is seen
    for (std::size_t i = 0; i < from->seen.size(); ++i) {
        if (from->seen[i] != 1) places.push_back(from->order[i]);
    }
    std::vector<std::size_t> ranked = places;
    std::ranges::sort(ranked);
    Shape memory;
    for (const std::size_t place : ranked) memory.push_back(from->memory[place]);
    std::vector<std::size_t> order;
    for (std::size_t i = 0, next = 0; i < shape->size(); ++i) {
        if ((*shape)[i] != 1) {
            const auto rank = std::ranges::find(ranked, places[next++]) - ranked.begin();
            order.push_back(static_cast<std::size_t>(rank));
        } else {
            order.push_back(memory.size());
            memory.push_back(1);
        }
    }
    from->seen = *shape;
    from->memory = std::move(memory);
    from->order = std::move(order);
    return from;
}

std::optional<WeightRead> WeightForms::read(const Node& node, std::size_t input) const {
    const auto from = moved(node.inputs[input]);
    if (!from || from->tensor->dtype() != DType::f32) return {};
    const auto use = use_of(node, input, from->seen);
    if (!use) return {};
    WeightRead found{.weight = from->name,
                     .input = input,
                     .seen = from->seen,
                     .output_axis = use->output_axis,
                     .form = {.shape = use->shape, .groups = use->groups, .parts = use->parts},
                     .stored_axis = {},
                     .on_request = use->on_request};
    if (use->seen_axis && from->memory == from->tensor->shape())
        found.stored_axis = from->order[*use->seen_axis];
    if (!is_in_order(from->order)) {
        found.form.memory = from->memory;
        found.form.order = from->order;
        turn(found.form, found.output_axis);
    }
    if (found.form == WeightForm{.shape = from->tensor->shape()}) found.form.shape.clear();
    return found;
}

std::vector<WeightRead> WeightForms::read_by(const Node& node) const {
    std::vector<WeightRead> found;
    const Operator* op = ops().find(node.op);
    if (op == nullptr || (op->weight_use == nullptr && op->weight_input < 0)) return found;
    const bool product = op->weight_use != nullptr && op->weight_input == 1;
    for (std::size_t i = 0; i < std::min<std::size_t>(node.inputs.size(), 3); ++i) {
        if (auto one = read(node, i)) found.push_back(std::move(*one));
    }
    // Of two constants the right one is the weight, as it is of a layer.
    if (product && found.size() > 1) found.erase(found.begin());
    return found;
}

}  // namespace espalier
