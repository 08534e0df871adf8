// LeNet-300-100 (LeCun et al. 1998, "Gradient-Based Learning Applied to Document Recognition"): three fully
// connected layers of 300, 100 and `classes` units with ReLU between, here with Gaussian Glorot initial
// weights as in Frankle & Carbin 2019. 266,200 weights for 28x28 images and 10 classes.
#include "graph/builder.h"
#include "models/model.h"

namespace espalier::models::networks_ {
namespace {

Graph build(const Options& options) {
    GraphBuilder builder("lenet-300-100", options.seed);
    Dims input = {Dim("N")};
    for (const std::int64_t dim : options.example_shape) input.emplace_back(dim);
    std::string x = builder.input("input", std::move(input));
    x = builder.flatten("flatten", x);
    x = builder.linear("fc1", x, element_count(options.example_shape), 300);
    x = builder.relu("relu1", x);
    x = builder.linear("fc2", x, 300, 100);
    x = builder.relu("relu2", x);
    x = builder.linear("fc3", x, 100, options.classes);
    builder.output(x);
    return std::move(builder).finish();
}

}  // namespace

extern const Model lenet_300_100{.name = "lenet-300-100",
                                 .summary = "784-300-100-10 multilayer perceptron, 266,200 weights",
                                 .build = build};

}  // namespace espalier::models::networks_
