#include <fmt/format.h>

#include "base/text/nearest.h"
#include "espalier/error.h"
#include "espalier/mask.h"

namespace espalier::prune {

const Mask& MaskSet::at(std::string_view name) const {
    if (const auto found = masks_.find(name); found != masks_.end()) return found->second;
    std::vector<std::string> known;
    for (const auto& [other, mask] : masks_) known.push_back(other);
    throw InvalidArgument(fmt::format("mask \"{}\"{}", name, unknown_hint(name, known)));
}

std::int64_t MaskSet::count() const {
    std::int64_t count = 0;
    for (const auto& [name, mask] : masks_) count += mask.count();
    return count;
}

std::int64_t MaskSet::kept() const {
    std::int64_t kept = 0;
    for (const auto& [name, mask] : masks_) kept += mask.kept();
    return kept;
}

double MaskSet::density() const {
    const std::int64_t all = count();
    return all == 0 ? 1.0 : static_cast<double>(kept()) / static_cast<double>(all);
}

void MaskSet::apply(Weights& weights) const {
    for (const auto& [name, mask] : masks_) {
        const auto found = weights.find(name);
        if (found == weights.end()) {
            throw InvalidArgument(
                fmt::format("there is a mask for \"{}\", but no weight of that name", name));
        }
        if (found->second.shape() != mask.shape()) {
            throw InvalidArgument(fmt::format("\"{}\" has shape {}, its mask {}", name,
                                              to_string(found->second.shape()), to_string(mask.shape())));
        }
        mask.apply(found->second.f32());
    }
}

}  // namespace espalier::prune
