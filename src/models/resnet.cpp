#include "models/resnet.h"

#include <fmt/format.h>

#include <algorithm>

namespace espalier::models {
namespace {

constexpr std::int64_t kLargeImage = 64;

/// A convolution that keeps the size but for its stride, with its normalisation.
std::string conv_norm(GraphBuilder& builder, const std::string& name, const std::string& x, std::int64_t out,
                      std::int64_t size, std::int64_t stride) {
    const Square window{.size = size, .stride = stride, .pad = size / 2};
    return builder.batch_norm(name + ".norm", builder.conv(name, x, out, window, false));
}

std::string close(GraphBuilder& builder, const std::string& name, const std::string& x,
                  const std::string& branch, std::int64_t stride) {
    const std::int64_t out = builder.size(branch, 1);
    const bool same = stride == 1 && builder.size(x, 1) == out;
    const std::string shortcut = same ? x : conv_norm(builder, name + ".shortcut", x, out, 1, stride);
    return builder.relu(name + ".relu", builder.add(name, branch, shortcut));
}

std::string basic_block(GraphBuilder& builder, const std::string& name, const std::string& x,
                        std::int64_t width, std::int64_t stride) {
    std::string branch = conv_norm(builder, name + ".conv1", x, width, 3, stride);
    branch = builder.relu(name + ".relu1", branch);
    return close(builder, name, x, conv_norm(builder, name + ".conv2", branch, width, 3, 1), stride);
}

std::string bottleneck(GraphBuilder& builder, const std::string& name, const std::string& x,
                       std::int64_t width, std::int64_t stride) {
    std::string branch = conv_norm(builder, name + ".conv1", x, width, 1, 1);
    branch = conv_norm(builder, name + ".conv2", builder.relu(name + ".relu1", branch), width, 3, stride);
    branch = conv_norm(builder, name + ".conv3", builder.relu(name + ".relu2", branch), 4 * width, 1, 1);
    return close(builder, name, x, branch, stride);
}

Graph finish(GraphBuilder& builder, std::string x, const Options& options) {
    x = builder.flatten("flatten", builder.global_average_pool("pool", x));
    builder.output(builder.linear("fc", x, options.classes));
    return std::move(builder).finish();
}

}  // namespace

Graph resnet_cifar(const Options& options, int depth) {
    GraphBuilder builder = start(options, fmt::format("resnet-{}", depth));
    std::string x = conv_norm(builder, "conv1", input(builder, options, 4), 16, 3, 1);
    x = builder.relu("conv1.relu", x);
    for (int stage = 0; stage < 3; ++stage) {
        for (int block = 0; block < (depth - 2) / 6; ++block) {
            x = basic_block(builder, fmt::format("stage{}.block{}", stage + 1, block + 1), x,
                            std::int64_t{16} << stage, stage > 0 && block == 0 ? 2 : 1);
        }
    }
    return finish(builder, x, options);
}

Graph resnet_imagenet(const Options& options, std::string_view name, const std::array<int, 4>& blocks,
                      bool bottlenecks) {
    GraphBuilder builder = start(options, name, "kaiming-normal");
    std::string x = input(builder, options, 8);
    const bool large = std::min(builder.size(x, 2), builder.size(x, 3)) >= kLargeImage;
    x = conv_norm(builder, "conv1", x, 64, large ? 7 : 3, large ? 2 : 1);
    x = builder.relu("conv1.relu", x);
    if (large) x = builder.max_pool("pool1", x, {.size = 3, .stride = 2, .pad = 1});
    for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
        for (int i = 0; i < blocks[stage]; ++i) {
            const auto block = bottlenecks ? bottleneck : basic_block;
            x = block(builder, fmt::format("stage{}.block{}", stage + 1, i + 1), x, std::int64_t{64} << stage,
                      stage > 0 && i == 0 ? 2 : 1);
        }
    }
    return finish(builder, x, options);
}

}  // namespace espalier::models
