#include "runtime/bytes/quads_left.h"

#include <algorithm>

#include "kernels/conv_i8_quads/byte_quads.h"

namespace espalier::runtime {
namespace {

constexpr std::size_t kWeight = 3, kZero = 5;  // inputs of the nodes

const Tensor* constant_at(const Node& node, std::size_t index, const Graph& graph) {
    if (index >= node.inputs.size()) return nullptr;
    const auto found = graph.initializers.find(node.inputs[index]);
    return found == graph.initializers.end() ? nullptr : &found->second;
}

bool is_zero(const Tensor* tensor) {
    return tensor == nullptr || std::ranges::all_of(tensor->as<std::int8_t>(), [](auto z) { return z == 0; });
}

struct Count {
    double left = 0, all = 0;
};

/// Of weights [outputs][channels][taps], or [channels][outputs] where they are `turned`.
Count count(const Tensor& weight, bool turned) {
    const Shape& shape = weight.shape();
    const std::int64_t outputs = shape[turned ? 1 : 0], channels = shape[turned ? 0 : 1];
    const std::int64_t taps = weight.count() / (outputs * channels);
    const auto bytes = weight.as<std::int8_t>();
    std::vector<std::int16_t> w(bytes.size());
    for (std::int64_t o = 0; o < outputs; ++o) {
        for (std::int64_t c = 0; c < channels; ++c) {
            for (std::int64_t t = 0; t < taps; ++t) {
                const std::int64_t from = turned ? c * outputs + o : (o * channels + c) * taps + t;
                w[static_cast<std::size_t>((o * taps + t) * channels + c)] =
                    bytes[static_cast<std::size_t>(from)];
            }
        }
    }
    const kernels::ConvShape form{.channels = channels, .outputs = outputs, .kernel = {1, 1, taps}};
    const auto all = static_cast<double>(weight.count());
    return {.left = all * kernels::ByteQuads::share(form, w, 4), .all = all};
}

}  // namespace

double quads_left(const Graph& graph) {
    Count sum;
    for (const Node& node : graph.nodes) {
        const bool conv = node.op == "QLinearConv";
        if (!conv && node.op != "QLinearMatMul" && node.op != "MatMulIntegerToFloat") continue;
        const Tensor* const weight = constant_at(node, kWeight, graph);
        if (weight == nullptr || weight->rank() < 2 || weight->count() == 0) continue;
        const bool plain = weight->dtype() == DType::i8 && is_zero(constant_at(node, kZero, graph));
        const auto all = static_cast<double>(weight->count());
        const bool turned = !conv && node.attribute_int("transB", 0) == 0;
        const Count one = plain ? count(*weight, turned) : Count{.left = all, .all = all};
        sum.left += one.left;
        sum.all += one.all;
    }
    return sum.all == 0 ? 1 : sum.left / sum.all;
}

}  // namespace espalier::runtime
