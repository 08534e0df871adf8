// MobileNetV2 (Sandler et al. 2018): inverted residual blocks of a 1x1 convolution that widens by
// `expansion`, a depthwise 3x3 one and a 1x1 one back to a narrow width without an activation; the input is
// added where shapes agree. ReLU6, dropout of 0.2 before the last layer. 3,504,872 parameters for 3 channels
// and 1000 classes.
#include <fmt/format.h>

#include "models/mobilenet.h"

namespace espalier::models::networks_::mobilenet_v2_ {
namespace {

struct Stage {
    std::int64_t expansion;
    std::int64_t width;
    int blocks;
    std::int64_t stride;  // of the first block
};
constexpr Stage kStages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                             {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};

/// A convolution with normalisation and ReLU6.
std::string layer(GraphBuilder& builder, const std::string& name, const std::string& x, std::int64_t out,
                  const Square& window, std::int64_t groups = 1) {
    return builder.relu6(name + ".relu6", conv_norm(builder, name, x, out, window, groups));
}

std::string block(GraphBuilder& builder, const std::string& name, const std::string& x, const Stage& stage,
                  std::int64_t stride) {
    const std::int64_t in = builder.size(x, 1);
    const std::int64_t wide = in * stage.expansion;
    std::string branch = stage.expansion == 1 ? x : layer(builder, name + ".widen", x, wide, {.size = 1});
    branch = layer(builder, name + ".depthwise", branch, wide, {.size = 3, .stride = stride, .pad = 1}, wide);
    branch = conv_norm(builder, name + ".narrow", branch, stage.width, {.size = 1});
    return stride == 1 && in == stage.width ? builder.add(name, branch, x) : branch;
}

Graph build(const Options& options, Numbers) {
    GraphBuilder builder = start(options, "mobilenet-v2", "kaiming-normal");
    std::string x = input(builder, options, 8);
    int saved = steps_saved(options);
    const auto stride = [&](std::int64_t wanted) { return wanted == 2 && saved-- > 0 ? 1 : wanted; };
    x = layer(builder, "conv1", x, 32, {.size = 3, .stride = stride(2), .pad = 1});
    int index = 1;
    for (const Stage& stage : kStages) {
        for (int i = 0; i < stage.blocks; ++i) {
            x = block(builder, fmt::format("block{}", index++), x, stage, i == 0 ? stride(stage.stride) : 1);
        }
    }
    x = layer(builder, "conv2", x, 1280, {.size = 1});
    x = builder.flatten("flatten", builder.global_average_pool("pool", x));
    builder.output(builder.linear("fc", builder.dropout("dropout", x, 0.2F), options.classes));
    return std::move(builder).finish();
}

}  // namespace

extern const Model mobilenet_v2{
    .name = "mobilenet-v2", .summary = "inverted residual blocks, 2.2M weights", .build = build};

}  // namespace espalier::models::networks_::mobilenet_v2_
