#include "models/mobilenet.h"

#include <algorithm>

namespace espalier::models {

std::string conv_norm(GraphBuilder& builder, const std::string& name, const std::string& x, std::int64_t out,
                      const Square& window, std::int64_t groups) {
    return builder.batch_norm(name + ".norm", builder.conv(name, x, out, window, false, groups));
}

int steps_saved(const Options& options) {
    return std::min(options.example_shape.at(1), options.example_shape.at(2)) < 64 ? 2 : 0;
}

}  // namespace espalier::models
