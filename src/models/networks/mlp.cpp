// A multilayer perceptron: fully connected layers of the widths that the name lists, ReLU between, and a last
// one of `classes` units.
#include <fmt/format.h>

#include "models/model.h"

namespace espalier::models::networks_::mlp_ {
namespace {

Graph build(const Options& options, Numbers widths) {
    GraphBuilder builder = start(options, "mlp");
    std::string x = builder.flatten("flatten", input(builder, options));
    std::size_t layer = 1;
    for (const std::int64_t width : widths) {
        x = builder.linear(fmt::format("fc{}", layer), x, width);
        x = builder.relu(fmt::format("relu{}", layer), x);
        ++layer;
    }
    builder.output(builder.linear(fmt::format("fc{}", layer), x, options.classes));
    return std::move(builder).finish();
}

}  // namespace

extern const Model mlp{.name = "mlp-<widths>",
                       .summary = "multilayer perceptron, as mlp-512-512-512",
                       .build = build,
                       .prefix = "mlp-",
                       .min_numbers = 1,
                       .max_numbers = 100};

}  // namespace espalier::models::networks_::mlp_
