// Dropout: outside of training the same value.
#include <optional>

#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::dropout_ {

namespace {

/// The value of an input that is a constant of one element, `fallback` if it is left out; else nothing.
template <class T>
std::optional<T> scalar_of(const Node& node, std::size_t input, const Graph& graph, T fallback) {
    if (input >= node.inputs.size() || node.inputs[input].empty()) return fallback;
    const auto found = graph.initializers.find(node.inputs[input]);
    const bool fits = found != graph.initializers.end() && found->second.dtype() == dtype_of<T>;
    return fits ? std::optional(found->second.as<T>()[0]) : std::nullopt;
}

/// Outside training, or when no element is dropped: an exporter may leave a Dropout of ratio 0 in training
/// mode.
bool takes(const Node& node, const std::map<std::string, ValueType>&, const Graph& graph) {
    return scalar_of<bool>(node, 2, graph, false) == false || scalar_of<float>(node, 1, graph, 0.5F) == 0.0F;
}

}  // namespace

extern const Lowering dropout{.name = "Dropout", .summary = "the same value", .takes = takes, .view = true};

}  // namespace espalier::runtime::lowerings_::dropout_
