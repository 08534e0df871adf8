#include "trees/grown/examples.h"

namespace espalier::trees {

Examples Examples::subset(std::span<const std::uint8_t> wanted) const {
    Examples part{.columns = columns, .x = {}, .y = {}, .classes = classes};
    for (std::int64_t i = 0; i < rows(); ++i) {
        if (wanted[static_cast<std::size_t>(i)] == 0) continue;
        part.x.insert(part.x.end(), row(i), row(i) + columns);
        part.y.push_back(y[static_cast<std::size_t>(i)]);
    }
    return part;
}

}  // namespace espalier::trees
