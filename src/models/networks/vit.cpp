// A vision transformer (Dosovitskiy et al. 2020, "An Image is Worth 16x16 Words") in the plainer form of
// Beyer et al. 2022, "Better plain ViT baselines for ImageNet-1k": patches by a convolution, learnt
// positions, blocks of attention and a multilayer perceptron of four times the width, each behind a layer
// normalisation and added to its input, and the mean of all tokens instead of a class token. Attention =
// softmax(Q K' / sqrt d) V in heads of d = 32. vit-192-12 has the 5.7M parameters of DeiT-Ti for 224x224
// images and 1000 classes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/model.h"

namespace espalier::models::networks_::vit_ {
namespace {

constexpr std::int64_t kHead = 32;

/// 16 pixels a side from 112 on, else 4: at least 7x7 patches of an image of 28x28.
std::int64_t patch_size(const Options& options) {
    return std::min(options.example_shape.at(1), options.example_shape.at(2)) >= 112 ? 16 : 4;
}

/// [N, channels, h, w] -> [N, patches, width].
std::string embed(GraphBuilder& builder, const Options& options, std::int64_t width) {
    const std::int64_t patch = patch_size(options);
    std::string x = input(builder, options, patch);
    x = builder.conv("patch", x, width, {.size = patch, .stride = patch});
    const std::int64_t count = builder.size(x, 2) * builder.size(x, 3);
    x = builder.transpose("tokens", builder.reshape("patch.flat", x, {0, width, count}), {0, 2, 1});
    Tensor positions(DType::f32, {1, count, width});
    Random random(options.seed, "init/position");
    for (float& value : positions.f32()) value = 0.02F * random.normal();
    builder.initializer("position", std::move(positions));
    return builder.add("embedded", x, "position");
}

/// [N, tokens, width] -> [N, heads, tokens, head], or with the last two exchanged.
std::string split(GraphBuilder& builder, const std::string& name, const std::string& x, bool exchanged) {
    const std::int64_t tokens = builder.size(x, 1);
    const std::string parts =
        builder.reshape(name + ".parts", x, {0, tokens, builder.features(x) / kHead, kHead});
    return builder.transpose(
        name + ".heads", parts,
        exchanged ? std::vector<std::int64_t>{0, 2, 3, 1} : std::vector<std::int64_t>{0, 2, 1, 3});
}

std::string attention(GraphBuilder& builder, const std::string& name, const std::string& x) {
    const std::int64_t width = builder.features(x);
    const auto heads = [&](const char* part, bool exchanged) {
        const std::string layer = fmt::format("{}.{}", name, part);
        return split(builder, layer, builder.dense(layer, x, width), exchanged);
    };
    const std::string queries = heads("query", false);
    const std::string keys = heads("key", true);
    const std::string values = heads("value", false);
    std::string scores = builder.matmul(name + ".scores", queries, keys);
    scores = builder.scale(name + ".scaled", scores, 1 / std::sqrt(static_cast<float>(kHead)));
    std::string mixed = builder.matmul(name + ".mixed", builder.softmax(name + ".softmax", scores), values);
    mixed = builder.transpose(name + ".joined", mixed, {0, 2, 1, 3});
    mixed = builder.reshape(name + ".flat", mixed, {0, builder.size(x, 1), width});
    return builder.dense(name + ".out", mixed, width);
}

std::string block(GraphBuilder& builder, const std::string& name, std::string x) {
    const std::int64_t width = builder.features(x);
    const std::string seen = attention(builder, name + ".attention", builder.layer_norm(name + ".norm1", x));
    x = builder.add(name + ".add1", x, seen);
    std::string hidden = builder.dense(name + ".mlp1", builder.layer_norm(name + ".norm2", x), 4 * width);
    hidden = builder.dense(name + ".mlp2", builder.gelu(name + ".gelu", hidden), width);
    return builder.add(name + ".add2", x, hidden);
}

Graph build(const Options& options, Numbers numbers) {
    const std::int64_t width = numbers[0];
    if (width % kHead != 0)
        throw InvalidArgument(fmt::format("vit-{}: expected a width that is a multiple of {}", width, kHead));
    GraphBuilder builder = start(options, "vit", "glorot-uniform");
    std::string x = embed(builder, options, width);
    for (std::int64_t i = 1; i <= numbers[1]; ++i) x = block(builder, fmt::format("block{}", i), x);
    x = builder.mean("mean", builder.layer_norm("norm", x), 1);
    builder.output(builder.linear("fc", x, options.classes));
    return std::move(builder).finish();
}

}  // namespace

extern const Model vit{.name = "vit-<width>-<depth>",
                       .summary = "vision transformer with heads of 32, as vit-192-12",
                       .build = build,
                       .prefix = "vit-",
                       .min_numbers = 2,
                       .max_numbers = 2};

}  // namespace espalier::models::networks_::vit_
