// LeNet-300-100 (LeCun et al. 1998, "Gradient-Based Learning Applied to Document Recognition"): three fully
// connected layers of 300, 100 and `classes` units with ReLU between, here with Gaussian Glorot initial
// weights as in Frankle & Carbin 2019. 266,200 weights for 28x28 images and 10 classes.
#include "models/model.h"

namespace espalier::models::networks_::lenet_300_100_ {
namespace {

Graph build(const Options& options, Numbers) {
    GraphBuilder builder = start(options, "lenet-300-100");
    std::string x = input(builder, options);
    x = builder.flatten("flatten", x);
    x = builder.relu("relu1", builder.linear("fc1", x, 300));
    x = builder.relu("relu2", builder.linear("fc2", x, 100));
    builder.output(builder.linear("fc3", x, options.classes));
    return std::move(builder).finish();
}

}  // namespace

extern const Model lenet_300_100{.name = "lenet-300-100",
                                 .summary = "784-300-100-10 multilayer perceptron, 266,200 weights",
                                 .build = build};

}  // namespace espalier::models::networks_::lenet_300_100_
