#include "models/conv_n.h"

#include <fmt/format.h>

namespace espalier::models {

Graph conv_n(const Options& options, int pairs) {
    GraphBuilder builder = start(options, fmt::format("conv-{}", 2 * pairs));
    std::string x = input(builder, options, std::int64_t{1} << pairs);
    for (int pair = 0; pair < pairs; ++pair) {
        for (int i = 2 * pair + 1; i <= 2 * pair + 2; ++i) {
            x = builder.conv(fmt::format("conv{}", i), x, std::int64_t{64} << pair, {.size = 3, .pad = 1});
            x = builder.relu(fmt::format("relu{}", i), x);
        }
        x = builder.max_pool(fmt::format("pool{}", pair + 1), x, {.size = 2, .stride = 2});
    }
    x = builder.flatten("flatten", x);
    x = builder.relu("fc1.relu", builder.linear("fc1", x, 256));
    x = builder.relu("fc2.relu", builder.linear("fc2", x, 256));
    builder.output(builder.linear("fc3", x, options.classes));
    return std::move(builder).finish();
}

}  // namespace espalier::models
