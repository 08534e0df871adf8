// MobileNetV1 (Howard et al. 2017): a 3x3 convolution, then 13 pairs of a depthwise 3x3 and a 1x1
// convolution, each with batch normalisation and ReLU. 4,231,976 parameters for 3 channels and 1000 classes,
// 3,217,226 for 10.
#include <fmt/format.h>

#include "models/mobilenet.h"

namespace espalier::models::networks_::mobilenet_v1_ {
namespace {

struct Pair {
    std::int64_t width;
    std::int64_t stride;
};
constexpr Pair kPairs[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                           {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};

Graph build(const Options& options, Numbers) {
    GraphBuilder builder = start(options, "mobilenet-v1", "kaiming-normal");
    std::string x = input(builder, options, 8);
    int saved = steps_saved(options);
    const auto stride = [&](std::int64_t wanted) { return wanted == 2 && saved-- > 0 ? 1 : wanted; };
    const auto layer = [&](const std::string& name, std::int64_t out, const Square& window,
                           std::int64_t groups) {
        x = builder.relu(name + ".relu", conv_norm(builder, name, x, out, window, groups));
    };
    layer("conv1", 32, {.size = 3, .stride = stride(2), .pad = 1}, 1);
    int index = 1;
    for (const Pair& pair : kPairs) {
        const std::string name = fmt::format("block{}", index++);
        const std::int64_t in = builder.size(x, 1);
        layer(name + ".depthwise", in, {.size = 3, .stride = stride(pair.stride), .pad = 1}, in);
        layer(name + ".pointwise", pair.width, {.size = 1}, 1);
    }
    x = builder.flatten("flatten", builder.global_average_pool("pool", x));
    builder.output(builder.linear("fc", x, options.classes));
    return std::move(builder).finish();
}

}  // namespace

extern const Model mobilenet_v1{
    .name = "mobilenet-v1", .summary = "depthwise and 1x1 convolutions, 3.2M weights", .build = build};

}  // namespace espalier::models::networks_::mobilenet_v1_
