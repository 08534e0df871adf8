// Networks exported for one example at a time hold that number in the shapes of their Reshape nodes:
// [1, 512] where [-1, 512] is meant. The flat order of a value's elements says which dimension is meant.
// With the batch N in it,
//   element = (a * N + n) * c + r,   a < before, r < c
// and a Reshape leaves `before` and `c` as they are.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "espalier/error.h"
#include "espalier/surgery.h"
#include "graph/analysis/inference.h"

namespace espalier::surgery {
namespace {

constexpr const char* kSymbol = "N";

/// The dimension that is open; nothing if none or several are.
std::optional<std::size_t> open_dim(const Dims& dims) {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < dims.size(); ++i) {
        if (dims[i].is_fixed()) continue;
        if (found) return {};
        found = i;
    }
    return found;
}

std::int64_t product_before(const Dims& dims, std::size_t end) {
    std::int64_t count = 1;
    for (std::size_t i = 0; i < end; ++i) count *= dims[i].size();
    return count;
}

/// The dimension of `dims` that holds the batch, `batch` of them here. Several may: [5, 12] of 5x1x12 is
/// meant as [5N, 12], [5, 3, 4] of it as [5, 3N, 4]. So best one that begins with the batch and is not the
/// last, which holds features.
std::optional<std::size_t> place_of_batch(const Dims& dims, std::int64_t before, std::int64_t batch) {
    std::optional<std::size_t> other;
    for (std::size_t i = 0; i < dims.size(); ++i) {
        const std::int64_t above = product_before(dims, i);
        if (above == 0 || before % above != 0) continue;
        const std::int64_t within = before / above;
        if (dims[i].size() % (within * batch) != 0) continue;
        const bool is_batch_alone = dims[i].size() == within * batch;
        if (within == 1 && (is_batch_alone || i + 1 < dims.size())) return i;
        if (!other) other = i;
    }
    return other;
}

bool keeps_order(const Node& node) {
    return node.op == "Reshape" || node.op == "Flatten" || node.op == "Squeeze" || node.op == "Unsqueeze";
}

class Opener {
  public:
    explicit Opener(Graph graph)
        : graph_(std::move(graph)), fixed_(infer_types(graph_)), inference_(graph_.initializers) {
        batch_ = graph_.inputs.at(0).type.dims.at(0).size();
    }

    Graph open() && {
        for (Value& input : graph_.inputs) {
            Dims& dims = input.type.dims;
            if (!dims.empty() && dims[0] == Dim(batch_)) {
                dims[0] = Dim(kSymbol);
                before_[input.name] = 1;
            }
            inference_.define(input.name, input.type);
        }
        for (const auto& [name, tensor] : graph_.initializers)
            inference_.define(name, {tensor.dtype(), to_dims(tensor.shape())});
        for (Node& node : graph_.nodes) pass(node);
        for (Value& output : graph_.outputs) output.type = inference_.types().at(output.name);
        verify(graph_);
        return std::move(graph_);
    }

  private:
    [[noreturn]] void refuse(const Node& node, const std::string& why) const {
        throw Unsupported(
            fmt::format("{}: {}, so that the network takes {} at a time only; export it with a dynamic batch",
                        describe(node), why, batch_));
    }

    const std::string* batched_input(const Node& node) const {
        const auto found =
            std::ranges::find_if(node.inputs, [&](const auto& name) { return before_.contains(name); });
        return found == node.inputs.end() ? nullptr : &*found;
    }

    void pass(Node& node) {
        const std::string* input = batched_input(node);
        if (input == nullptr || node.op == "Shape" || node.op == "Size") return inference_.infer(node);
        const std::int64_t before = before_.at(*input);
        const Dims dims = inference_.types().at(*input).dims;
        if (node.op == "Reshape" && node.inputs[0] == *input) {
            reshape(node, before);
        } else {
            infer(node);
        }
        const std::int64_t within = before / product_before(dims, *open_dim(dims));
        for (const std::string& output : node.outputs) {
            if (output.empty()) continue;
            const Dims& given = inference_.types().at(output).dims;
            const auto place = open_dim(given);
            if (!inference_.types().at(output).is_ranked)
                refuse(node, "the number of its dimensions depends on a value");
            if (!place) refuse(node, fmt::format("it gives {} for any number of examples", to_string(given)));
            before_[output] = keeps_order(node) ? before : product_before(given, *place) * within;
        }
    }

    void infer(const Node& node) {
        try {
            inference_.infer(node);
        } catch (const InvalidModel& error) {
            throw Unsupported(
                fmt::format("{}: the network takes {} at a time only; export it with a dynamic batch",
                            error.what(), batch_));
        }
    }

    /// Leaves a shape that allows any batch; else writes -1 where the batch is.
    void reshape(Node& node, std::int64_t before) {
        const Dims& was = fixed_.at(node.outputs[0]).dims;
        const auto place =
            std::ranges::all_of(was, &Dim::is_fixed) ? place_of_batch(was, before, batch_) : std::nullopt;
        if (!graph_.initializers.contains(node.inputs[1])) return infer(node);  // computed from sizes
        if (!place) refuse(node, fmt::format("it makes {} across the examples", to_string(was)));
        std::vector<std::int64_t> sizes;
        for (const Dim& dim : was) sizes.push_back(dim.size());
        sizes[*place] = -1;
        if (allows_any(node, sizes)) return infer(node);
        std::string name = node.outputs[0] + ".shape";
        while (fixed_.contains(name) || graph_.initializers.contains(name)) name += '_';
        const auto& shape =
            graph_.initializers
                .emplace(name, Tensor::of<std::int64_t>({static_cast<std::int64_t>(sizes.size())}, sizes))
                .first->second;
        inference_.define(name, {DType::i64, to_dims(shape.shape())});
        node.inputs[1] = name;
        infer(node);
    }

    /// Whether the shape that is there says the same as `sizes`: -1 or 0 where the batch is.
    bool allows_any(const Node& node, const std::vector<std::int64_t>& sizes) const {
        const auto held = graph_.initializers.at(node.inputs[1]).as<std::int64_t>();
        const auto open = static_cast<std::size_t>(std::ranges::find(sizes, -1) - sizes.begin());
        const Dims& input = inference_.types().at(node.inputs[0]).dims;
        const bool copies = held[open] == 0 && open < input.size() && !input[open].is_fixed();
        return held[open] == -1 || copies;
    }

    Graph graph_;
    std::int64_t batch_ = 0;
    std::map<std::string, ValueType> fixed_;
    Inference inference_;
    std::map<std::string, std::int64_t> before_;  // of the values that hold the batch
};

}  // namespace

Graph with_open_batch(Graph graph) {
    if (graph.inputs.empty() || graph.inputs[0].type.dims.empty() || !graph.inputs[0].type.dims[0].is_fixed())
        return graph;
    return Opener(std::move(graph)).open();
}

}  // namespace espalier::surgery
