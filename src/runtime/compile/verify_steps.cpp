#include "runtime/compile/verify_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "espalier/error.h"

namespace espalier::runtime {

void verify_groups(const Graph& graph, std::span<const Group> groups) {
    std::set<std::string> known;
    std::set<std::string> given;  // by the nodes of groups
    for (const Value& input : graph.inputs) known.insert(input.name);
    for (const auto& constant : graph.initializers) known.insert(constant.first);
    const auto give = [&](const Node& node) {
        for (const std::string& output : node.outputs) {
            if (!output.empty() && !given.insert(output).second)
                throw InternalError(fmt::format("value \"{}\" is computed by two groups", output));
        }
    };
    for (const Group& group : groups) {
        for (const std::string& value : group.reads()) {
            if (!known.contains(value))
                throw InternalError(
                    fmt::format("{} reads \"{}\" before it is computed", describe(*group.node), value));
        }
        // A node that stands for several gives what the last of them gives.
        if (!group.is_made_up()) give(*group.node);
        for (const Node* node : group.fused()) give(*node);
        for (const std::string& output : group.node->outputs) known.insert(output);
        known.insert(group.output());
        given.insert(group.output());
    }
    for (const Node& node : graph.nodes) {
        const auto is_missing = [&](const std::string& output) {
            return !output.empty() && !given.contains(output);
        };
        if (std::ranges::any_of(node.outputs, is_missing))
            throw InternalError(fmt::format("{} is in no group", describe(node)));
    }
}

void verify_selection(std::span<const Layer> layers, std::span<const std::size_t> chosen) {
    if (layers.size() != chosen.size()) throw InternalError("a choice for each layer is missing");
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (layers[i].trials.empty()) continue;
        const bool made = chosen[i] < layers[i].trials.size() &&
                          (layers[i].trials[chosen[i]].candidate.input == Layout::panel ||
                           layers[i].trials[chosen[i]].kernel != nullptr);
        if (!made)
            throw InternalError(fmt::format("{} has no kernel to run", describe(*layers[i].group.node)));
    }
}

}  // namespace espalier::runtime
