#include "models/vgg.h"

#include <fmt/format.h>

namespace espalier::models {

Graph vgg(const Options& options, std::string_view name, const std::array<int, 5>& depths) {
    constexpr std::array<std::int64_t, 5> kWidths = {64, 128, 256, 512, 512};
    GraphBuilder builder = start(options, name);
    std::string x = input(builder, options, 16);
    for (std::size_t stage = 0; stage < depths.size(); ++stage) {
        if (stage > 0) x = builder.max_pool(fmt::format("pool{}", stage), x, {.size = 2, .stride = 2});
        for (int i = 1; i <= depths[stage]; ++i) {
            const std::string layer = fmt::format("conv{}_{}", stage + 1, i);
            x = builder.conv(layer, x, kWidths[stage], {.size = 3, .pad = 1}, false);
            x = builder.relu(fmt::format("{}.relu", layer),
                             builder.batch_norm(fmt::format("{}.norm", layer), x));
        }
    }
    x = builder.flatten("flatten", builder.global_average_pool("pool5", x));
    builder.output(builder.linear("fc", x, options.classes));
    return std::move(builder).finish();
}

}  // namespace espalier::models
