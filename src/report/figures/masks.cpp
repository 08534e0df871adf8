#include "report/figures/masks.h"

namespace espalier::report {

std::optional<prune::MaskSet> masks_of(const Experiment& experiment, const store::Stage& stage) {
    const std::filesystem::path path = experiment.file_of(stage, "masks.safetensors");
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return std::nullopt;
    return prune::load_masks(path);
}

double chance_overlap(const prune::MaskSet& a, const prune::MaskSet& b) {
    double both = 0;
    double either = 0;
    for (const auto& [name, mask] : a) {
        if (mask.count() == 0) continue;
        const auto ours = static_cast<double>(mask.kept());
        const auto theirs = static_cast<double>(b.at(name).kept());
        const double common = ours * theirs / static_cast<double>(mask.count());
        both += common;
        either += ours + theirs - common;
    }
    return either == 0 ? 1 : both / either;
}

}  // namespace espalier::report
