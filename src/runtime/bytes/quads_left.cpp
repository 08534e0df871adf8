#include "runtime/bytes/quads_left.h"

#include <algorithm>
#include <vector>

#include "graph/precision/quantised.h"
#include "kernels/conv_i8_quads/byte_quads.h"

namespace espalier::runtime {
namespace {

bool is_zero(const std::vector<std::int64_t>& zeros) {
    return std::ranges::all_of(zeros, [](std::int64_t zero) { return zero == 0; });
}

/// Of weights [outputs][channels][taps], or [channels][outputs] where they are `turned`.
double share_of(const Tensor& weight, bool turned) {
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
    return kernels::ByteQuads::share(form, w, 4);
}

}  // namespace

double quads_left(const Graph& graph) {
    double left = 0, all = 0;
    for (const QuantisedWeight& weight : quantised_weights(graph)) {
        const Tensor& integers = graph.initializers.at(weight.name);
        if (integers.count() == 0) continue;
        const auto count = static_cast<double>(integers.count());
        all += count;
        if (integers.dtype() != DType::i8 || integers.rank() < 2 || !is_zero(zero_points(graph, weight))) {
            left += count;
            continue;
        }
        double share = share_of(integers, false);
        // A matrix may be either way round: zeros lie in quads in the one that a layer has.
        if (integers.rank() == 2) share = std::min(share, share_of(integers, true));
        left += count * share;
    }
    return all == 0 ? 1 : left / all;
}

}  // namespace espalier::runtime
