#include "onnx/proto/node_order.h"

#include <map>
#include <string>

namespace espalier::onnx {
namespace {

using Makers = std::map<std::string, int>;  // of values, by the index of the node

void add_reads(const pb::NodeProto& node, const Makers& makers, std::vector<int>& reads) {
    for (const auto& input : node.input()) {
        const auto maker = makers.find(input);
        if (maker != makers.end()) reads.push_back(maker->second);
    }
    for (const auto& attribute : node.attribute()) {
        if (!attribute.has_g()) continue;
        for (const auto& inner : attribute.g().node()) add_reads(inner, makers, reads);
    }
}

}  // namespace

std::vector<const pb::NodeProto*> nodes_in_order(const pb::GraphProto& graph) {
    Makers makers;
    for (int i = 0; i < graph.node_size(); ++i) {
        for (const auto& output : graph.node(i).output()) {
            if (!output.empty()) makers.emplace(output, i);
        }
    }
    enum class State : unsigned char { waiting, open, done };
    std::vector<State> states(static_cast<std::size_t>(graph.node_size()), State::waiting);
    std::vector<const pb::NodeProto*> ordered;
    std::vector<std::pair<int, std::vector<int>>>
        path;  // nodes that are waited for, with what they still wait for
    const auto open = [&](int index) {
        states[static_cast<std::size_t>(index)] = State::open;
        std::vector<int> reads;
        add_reads(graph.node(index), makers, reads);
        path.emplace_back(index, std::move(reads));
    };
    for (int i = 0; i < graph.node_size(); ++i) {
        if (states[static_cast<std::size_t>(i)] == State::waiting) open(i);
        while (!path.empty()) {
            auto& [index, reads] = path.back();
            if (reads.empty()) {
                states[static_cast<std::size_t>(index)] = State::done;
                ordered.push_back(&graph.node(index));
                path.pop_back();
                continue;
            }
            const int next = reads.back();
            reads.pop_back();
            if (states[static_cast<std::size_t>(next)] == State::waiting) open(next);
        }
    }
    return ordered;
}

}  // namespace espalier::onnx
