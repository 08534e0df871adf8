#include "graph/trees/labels.h"

#include <algorithm>
#include <optional>

namespace espalier::trees {
namespace {

template <class T>
std::vector<T>* list_of(Node& node, const char* key) {
    const auto found = node.attributes.find(key);
    return found == node.attributes.end() ? nullptr : std::get_if<std::vector<T>>(&found->second);
}

using Place = std::optional<std::size_t>;

Place place_of(const std::vector<std::string>& keys, const std::string& name) {
    const auto found = std::ranges::find(keys, name);
    return found == keys.end() ? Place() : static_cast<std::size_t>(found - keys.begin());
}

/// `places[i]`: which of the values the i-th of the new keys has; none: the default `fallback`. `other`:
/// which one becomes the default, the attribute `default_key`.
template <class T>
void arrange(Node& node, const char* key, const char* default_key, const std::vector<Place>& places,
             const Place& other, const T& fallback) {
    auto* values = list_of<T>(node, key);
    if (values == nullptr) return;
    std::vector<T> arranged;
    for (const auto& place : places)
        arranged.push_back(place && *place < values->size() ? (*values)[*place] : fallback);
    if (other && *other < values->size()) node.attributes[default_key] = (*values)[*other];
    *values = std::move(arranged);
}

}  // namespace

const std::vector<std::string>* class_names(const Node& node) {
    const bool encodes = node.op == "LabelEncoder";
    if (!encodes && node.op != "TreeEnsembleClassifier" && node.op != "LinearClassifier") return nullptr;
    const auto found = node.attributes.find(encodes ? "values_strings" : "classlabels_strings");
    return found == node.attributes.end() ? nullptr : std::get_if<std::vector<std::string>>(&found->second);
}

const std::vector<std::string>* key_names(const Node& node) {
    if (node.op != "LabelEncoder") return nullptr;
    const auto found = node.attributes.find("keys_strings");
    return found == node.attributes.end() ? nullptr : std::get_if<std::vector<std::string>>(&found->second);
}

bool set_key_names(Node& node, const std::vector<std::string>& names,
                   const std::optional<std::string>& other) {
    auto* keys = list_of<std::string>(node, "keys_strings");
    std::vector<Place> places;
    for (const std::string& name : names) places.push_back(place_of(*keys, name));
    const Place of_other = other ? place_of(*keys, *other) : Place();
    const bool all = std::ranges::all_of(*keys, [&](const std::string& key) {
        return key == other || std::ranges::find(names, key) != names.end();
    });
    arrange<std::int64_t>(node, "values_int64s", "default_int64", places, of_other,
                          node.attribute_int("default_int64", -1));
    arrange<float>(node, "values_floats", "default_float", places, of_other,
                   node.attribute_float("default_float", -0.0F));
    arrange<std::string>(node, "values_strings", "default_string", places, of_other,
                         node.attribute_string("default_string", "_Unused"));
    *keys = names;
    return all;
}

std::set<std::string> inputs_by_key(const Graph& graph) {
    std::set<std::string> found;
    for (const Node& node : graph.nodes) {
        if (key_names(node) == nullptr) continue;
        if (std::ranges::find(graph.inputs, node.inputs[0], &Value::name) != graph.inputs.end())
            found.insert(node.inputs[0]);
    }
    return found;
}

bool hands_on(const std::string& op) {
    constexpr std::string_view kOps[] = {"Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze"};
    return std::ranges::find(kOps, op) != std::end(kOps);
}

std::set<std::string> named_values(const Graph& graph) {
    std::set<std::string> named;
    for (const Node& node : graph.nodes) {
        if (node.outputs.empty()) continue;
        const bool handed = hands_on(node.op) && !node.inputs.empty() && named.contains(node.inputs[0]);
        if (handed || class_names(node) != nullptr) named.insert(node.outputs[0]);
    }
    return named;
}

}  // namespace espalier::trees
