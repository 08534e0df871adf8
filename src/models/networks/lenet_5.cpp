// LeNet-5 after LeCun et al. 1998, "Gradient-Based Learning Applied to Document Recognition", in the form
// that Caffe gave it and Han et al. 2015 prune: 20 and 50 kernels of 5x5, each followed by a 2x2 max-pool,
// 500 units, the classes. One ReLU, between the last two. 430,500 weights and 580 biases for 28x28 images.
#include "models/model.h"

namespace espalier::models::networks_::lenet_5_ {
namespace {

Graph build(const Options& options, Numbers) {
    GraphBuilder builder = start(options, "lenet-5");
    std::string x = input(builder, options, 16);
    x = builder.max_pool("pool1", builder.conv("conv1", x, 20, {.size = 5}), {.size = 2, .stride = 2});
    x = builder.max_pool("pool2", builder.conv("conv2", x, 50, {.size = 5}), {.size = 2, .stride = 2});
    x = builder.flatten("flatten", x);
    x = builder.relu("relu1", builder.linear("fc1", x, 500));
    builder.output(builder.linear("fc2", x, options.classes));
    return std::move(builder).finish();
}

}  // namespace

extern const Model lenet_5{
    .name = "lenet-5", .summary = "Caffe's LeNet-5 with 2 convolutions, 430,500 weights", .build = build};

}  // namespace espalier::models::networks_::lenet_5_
