#include "graph/gradient/gradient.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text/nearest.h"
#include "espalier/error.h"
#include "graph/gradient/derivation.h"

namespace espalier {
namespace {

/// `values` and all that follows from them in floating point.
std::set<std::string> leading_to(const GradientWriter& writer, const std::vector<std::string>& values) {
    std::set<std::string> wanted(values.begin(), values.end());
    for (const Node& node : writer.graph().nodes) {
        const std::vector<std::string> read = values_read(node);
        if (std::ranges::none_of(read, [&](const auto& value) { return wanted.contains(value); })) continue;
        // A path that would seem to end there.
        if (node.op == "QuantizeLinear" || node.op == "DynamicQuantizeLinear")
            throw Unsupported(fmt::format("{}: there is no gradient of {}", describe(node), node.op));
        for (const std::string& output : node.outputs) {
            if (!output.empty() && writer.is_real(output)) wanted.insert(output);
        }
    }
    return wanted;
}

void check(const GradientWriter& writer, const std::vector<std::string>& values) {
    for (const std::string& value : values) {
        if (!writer.has(value)) {
            std::vector<std::string> names;
            for (const Value& input : writer.graph().inputs) names.push_back(input.name);
            throw InvalidArgument(
                fmt::format("gradients: value \"{}\"{}", value, unknown_hint(value, names)));
        }
        if (!writer.is_real(value))
            throw InvalidArgument(
                fmt::format("gradients: \"{}\" holds {}", value, name_of(writer.type(value).dtype)));
    }
}

void derive(const Node& node, GradientWriter& writer, const std::set<std::string>& wanted,
            std::map<std::string, std::vector<std::string>>& parts) {
    const bool is_reached =
        std::ranges::any_of(node.outputs, [&](const auto& y) { return parts.contains(y); });
    const std::vector<std::string> read = values_read(node);
    const bool leads = std::ranges::any_of(read, [&](const auto& x) { return wanted.contains(x); });
    if (!is_reached || !leads) return;
    const GradientRule* rule = gradients().find(node.op);
    if (rule == nullptr)
        throw Unsupported(fmt::format("{}: there is no gradient of {}", describe(node), node.op));
    Derivation derivation(node, writer, wanted, parts);
    rule->derive(derivation);
}

}  // namespace

Gradients with_gradients(Graph graph, const std::vector<std::string>& values) {
    const std::vector<Node> nodes = graph.nodes;
    GradientWriter writer(std::move(graph));
    check(writer, values);
    const std::set<std::string> wanted = leading_to(writer, values);
    Gradients gradients;
    std::map<std::string, std::vector<std::string>> parts;
    for (const Value& output : std::vector<Value>(writer.graph().outputs)) {
        if (!writer.is_real(output.name) || gradients.seeds.contains(output.name)) continue;
        const std::string seed = writer.unused(output.name + ".seed");
        const Dims dims = to_dims(writer.shape(output.name));
        writer.add_input({seed, {writer.type(output.name).dtype, dims}});
        gradients.seeds.emplace(output.name, seed);
        if (wanted.contains(output.name)) parts[output.name].push_back(seed);
    }
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) derive(*node, writer, wanted, parts);
    for (const std::string& value : values) {
        std::vector<std::string>& all = parts[value];
        if (all.empty())
            all.push_back(writer.add_constant(Tensor(writer.type(value).dtype, writer.shape(value))));
        gradients.of.emplace(value, writer.add_up(all));
    }
    gradients.graph = std::move(writer).take();
    return gradients;
}

}  // namespace espalier
