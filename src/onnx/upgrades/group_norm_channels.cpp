// GroupNormalization of opset 18 has one scale and bias a group; inside a Graph it is one a channel, as from
// opset 21 on.
#include <fmt/format.h>

#include <cstring>

#include "espalier/error.h"
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::group_norm_channels_ {
namespace {

constexpr std::string_view kOps[] = {"GroupNormalization"};

/// Each element `times` times, one after the other.
Tensor repeated(const Tensor& tensor, std::int64_t times) {
    Tensor out(tensor.dtype(), {tensor.count() * times});
    const std::size_t size = size_of(tensor.dtype());
    for (std::int64_t i = 0; i < out.count(); ++i) {
        std::memcpy(out.bytes().data() + static_cast<std::size_t>(i) * size,
                    tensor.bytes().data() + static_cast<std::size_t>(i / times) * size, size);
    }
    return out;
}

void rewrite(Rewriter& to, Node node) {
    constexpr std::int64_t kMostChannels = std::int64_t{1} << 16;
    const Dims dims = to.input_type(node, 0).dims;
    const std::int64_t groups = node.attribute_int("num_groups", 0);
    const std::int64_t channels = dims.size() < 2 ? -1 : dims[1].size();
    if (channels < 0 || channels > kMostChannels) {
        throw Unsupported(fmt::format("{}: GroupNormalization of {} in this opset is not supported",
                                      describe(node), to_string(dims)));
    }
    if (groups < 1 || channels % groups != 0) {
        throw InvalidModel(
            fmt::format("{}: num_groups={} does not divide {} channels", describe(node), groups, channels));
    }
    for (const auto& [index, key] : {std::pair{1, "scale"}, std::pair{2, "bias"}}) {
        const Tensor* given = to.constant(node, static_cast<std::size_t>(index));
        if (given == nullptr) {
            throw Unsupported(
                fmt::format("{}: GroupNormalization of opset 18 with a {} that a node computes is not "
                            "supported",
                            describe(node), key));
        }
        if (given->shape() != Shape{groups}) {
            throw InvalidModel(fmt::format("{}: {} has shape {}, expected {}", describe(node), key,
                                           to_string(given->shape()), groups));
        }
        set_input(node, static_cast<std::size_t>(index),
                  to.add_constant(node, key, repeated(*given, channels / groups)));
    }
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade group_norm_channels{
    .name = "group_norm_channels",
    .summary = "GroupNormalization: one scale a group becomes one a channel",
    .ops = kOps,
    .first = 18,
    .last = 18,
    .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::group_norm_channels_
