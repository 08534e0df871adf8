#include "runtime/fusion/byte_functions.h"

#include <algorithm>
#include <numeric>

#include "graph/evaluation.h"
#include "runtime/lowering.h"

namespace espalier::runtime {
namespace {

constexpr std::size_t kMostNodes = 64;
constexpr std::string_view kOfSeveral[] = {"Add", "Sub", "Mul", "Div", "Min", "Max", "Pow", "PRelu"};
constexpr std::string_view kOfOne[] = {"Acos", "Acosh", "Asin",     "Asinh",    "Atan", "Atanh",
                                       "Ceil", "Celu",  "Cos",      "Cosh",     "Erf",  "Floor",
                                       "Log",  "Neg",   "Identity", "Selu",     "Sign", "Reciprocal",
                                       "Sin",  "Sinh",  "Softplus", "Softsign", "Tan",  "ThresholdedRelu"};

template <class Names>
bool is_among(const Names& names, const std::string& op) {
    return std::ranges::find(names, op) != std::end(names);
}

/// Element i of what it gives follows from elements i of what it reads.
bool is_elementwise(const Node& node) {
    if (node.outputs.size() != 1) return false;
    if (is_among(kOfSeveral, node.op) || is_among(kOfOne, node.op)) return true;
    const Lowering* lowering = lowerings().find(node.op);
    return lowering != nullptr && lowering->functions != nullptr;
}

/// A number as constant of no dimensions, whatever it has.
Tensor as_scalar(const Tensor& number) { return Tensor(number).reshaped({}); }

}  // namespace

ByteFunctions::ByteFunctions(const Graph& graph, const std::map<std::string, ValueType>& types,
                             const Readers& readers, const QuantisedValues& values)
    : types_(types), readers_(readers), values_(values) {
    for (const Node& node : graph.nodes) order_.emplace(&node, order_.size());
}

bool ByteFunctions::collect(const std::string& value, Walk& walk) const {
    if (value.empty() || values_.is_number(value)) return true;
    if (const Node* source = values_.source_of(value)) {
        walk.sources.insert(source);
        return true;
    }
    const Node* node = values_.maker(value);
    if (node == nullptr || !is_elementwise(*node) || types_.at(value).dtype != DType::f32) return false;
    if (!walk.inside.insert(node).second) return true;
    return walk.inside.size() <= kMostNodes &&
           std::ranges::all_of(node->inputs, [&](const std::string& input) { return collect(input, walk); });
}

/// Looks through the last of several quantised values, if it is an element-wise function itself.
bool ByteFunctions::reach_one_value(Walk& walk) const {
    const auto by_order = [&](const Node* a, const Node* b) { return order_.at(a) < order_.at(b); };
    while (!walk.sources.empty()) {
        const std::string& first = (*walk.sources.begin())->inputs[0];
        const auto same = [&](const Node* source) { return source->inputs[0] == first; };
        if (std::ranges::all_of(walk.sources, same)) return true;
        const Node* last = *std::ranges::max_element(walk.sources, by_order);
        const Node* quantise = values_.maker(last->inputs[0]);
        if (quantise == nullptr || quantise->op != "QuantizeLinear" || !values_.has_one_quantum(*quantise))
            return false;
        walk.sources.erase(last);
        walk.inside.insert({last, quantise});
        if (!collect(quantise->inputs[0], walk)) return false;
    }
    return false;
}

/// Nothing else reads what is inside, and all of it has one shape.
bool ByteFunctions::is_closed(const Walk& walk, const Node& quantise) const {
    const auto is_reader = [&](const Node* reader) {
        return reader == &quantise || walk.inside.contains(reader);
    };
    const Dims& dims = types_.at(quantise.outputs[0]).dims;
    const bool keeps_shape = std::ranges::all_of(
        walk.sources, [&](const Node* source) { return types_.at(source->outputs[0]).dims == dims; });
    return keeps_shape && std::ranges::all_of(walk.inside, [&](const Node* node) {
               const auto& readers = readers_.of(node->outputs[0]);
               return !readers.empty() && std::ranges::all_of(readers, is_reader);
           });
}

/// By the operators' own computation, of all 256 bytes at once.
Tensor ByteFunctions::table_of(const ByteFunction& function, const Node& quantise) const {
    Tensor bytes(types_.at(function.bytes).dtype, {256});
    std::iota(reinterpret_cast<std::uint8_t*>(bytes.bytes().data()),
              reinterpret_cast<std::uint8_t*>(bytes.bytes().data()) + 256, std::uint8_t{0});
    std::map<std::string, Tensor> known;
    known.emplace(function.bytes, std::move(bytes));
    const auto compute = [&](const Node& node) {
        std::vector<const Tensor*> inputs;
        for (const std::string& input : node.inputs) {
            if (!input.empty() && !known.contains(input))
                known.emplace(input, as_scalar(*values_.constant(input)));
            inputs.push_back(input.empty() ? nullptr : &known.at(input));
        }
        known.insert_or_assign(node.outputs[0], std::move(evaluate(node, inputs)[0]));
    };
    for (const Node* source : function.sources) compute(*source);
    for (const Node* node : function.inside) compute(*node);
    compute(quantise);
    return std::move(known.at(quantise.outputs[0]));
}

std::optional<ByteFunction> ByteFunctions::ending_in(const Node& quantise,
                                                     const std::map<const Node*, const Node*>& taken) const {
    if (quantise.op != "QuantizeLinear" || !values_.has_one_quantum(quantise) || taken.contains(&quantise))
        return {};
    if (!is_byte(types_.at(quantise.outputs[0]).dtype)) return {};
    Walk walk;
    if (!collect(quantise.inputs[0], walk) || !reach_one_value(walk) || !is_closed(walk, quantise)) return {};
    if (std::ranges::any_of(walk.inside, [&](const Node* node) { return taken.contains(node); })) return {};
    ByteFunction found{.bytes = (*walk.sources.begin())->inputs[0],
                       .sources = {walk.sources.begin(), walk.sources.end()},
                       .inside = {walk.inside.begin(), walk.inside.end()},
                       .table = {}};
    std::ranges::sort(found.inside, {}, [&](const Node* node) { return order_.at(node); });
    found.table = table_of(found, quantise);
    if (found.table.count() != 256) return {};
    return found;
}

}  // namespace espalier::runtime
