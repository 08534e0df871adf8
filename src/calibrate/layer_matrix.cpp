#include "calibrate/layer_matrix.h"

#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"
#include "prune/units/arrange.h"

namespace espalier::calibrate {

namespace {

/// The part as a candidate whose form is its shape.
prune::Candidate part_of(const prune::Candidate& layer) {
    prune::Candidate part = layer;
    if (!layer.form.shape.empty()) part.shape = layer.form.shape;
    part.shape[0] /= std::max<std::int64_t>(1, std::ssize(layer.form.parts));
    part.form = {.groups = layer.form.groups};
    return part;
}

}  // namespace

LayerMatrix::LayerMatrix(const prune::Candidate& layer, std::size_t part, const prune::Grain& grain)
    : layout_(prune::layout_of(part_of(layer))), positions_(prune::positions_of(layer.form)) {
    first_ = static_cast<std::int64_t>(part) * layout_.count();
    if (grain.granularity.tile == nullptr) {
        units_.n = grain.arguments.a;
        units_.m = grain.arguments.b;
        if (layout_.kernel > 1) {
            order_ = ColumnOrder::channels_within;
            units_.run = inputs() / layout_.kernel;
        }
        return;
    }
    const prune::Tile tile = grain.granularity.tile(grain.arguments, part_of(layer), layout_);
    const bool is_stored = layout_.output_axis == 0;
    units_.rows = is_stored ? tile.rows : tile.cols;
    units_.cols = is_stored ? tile.cols : tile.rows;
    if (groups() > 1 && outputs() % units_.rows != 0)
        throw InvalidArgument(
            fmt::format("\"{}\": each of its {} groups has {} outputs, which units of {} do not "
                        "divide; --keep leaves it whole",
                        layer.name, groups(), outputs(), units_.rows));
}

std::int64_t LayerMatrix::kept(const prune::Mask& mask) const {
    std::int64_t count = 0;
    for (std::int64_t i = 0; i < layout_.count(); ++i) count += mask[stored(first_ + i)] ? 1 : 0;
    return count;
}

std::vector<float> LayerMatrix::values(std::int64_t group, std::span<const float> weight) const {
    std::vector<float> out(static_cast<std::size_t>(outputs() * inputs()));
    each(group, [&](std::size_t to, std::int64_t at) { out[to] = weight[static_cast<std::size_t>(at)]; });
    return out;
}

std::vector<std::uint8_t> LayerMatrix::bits(std::int64_t group, const prune::Mask& mask) const {
    std::vector<std::uint8_t> out(static_cast<std::size_t>(outputs() * inputs()));
    each(group, [&](std::size_t to, std::int64_t at) { out[to] = mask[at] ? 1 : 0; });
    return out;
}

void LayerMatrix::write(std::int64_t group, const LayerProblem& problem, std::span<float> weight,
                        prune::Mask& mask) const {
    each(group, [&](std::size_t from, std::int64_t at) {
        const bool keeps = problem.keep[from] != 0;
        weight[static_cast<std::size_t>(at)] = keeps ? problem.weight[from] : 0;
        mask.set(at, keeps);
    });
}

}  // namespace espalier::calibrate
