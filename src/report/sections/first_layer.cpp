// The surviving connections of a fully connected first layer, counted for every pixel of its input.
#include <fmt/format.h>

#include <cmath>

#include "report/figures/masks.h"
#include "report/section.h"
#include "report/text.h"

namespace espalier::report::sections_::first_layer_ {
namespace {

/// A square image of one or three channels behind each other; side 0: no such image.
struct Image {
    std::int64_t side = 0;
    std::int64_t channels = 1;
};

Image image_of(std::int64_t inputs) {
    for (const std::int64_t channels : {1, 3}) {
        if (inputs % channels != 0) continue;
        const std::int64_t pixels = inputs / channels;
        const auto side = std::llround(std::sqrt(static_cast<double>(pixels)));
        if (side >= 8 && side * side * channels == inputs) return {side, channels};
    }
    return {};
}

/// Kept connections of each pixel, channels together.
std::vector<double> counts_of(const prune::Mask& mask, const Image& image) {
    const std::int64_t pixels = image.side * image.side;
    const std::int64_t inputs = pixels * image.channels;
    std::vector<double> counts(static_cast<std::size_t>(pixels), 0);
    for (std::int64_t i = 0; i < mask.count(); ++i)
        counts[static_cast<std::size_t>(i % inputs % pixels)] += mask[i] ? 1 : 0;
    return counts;
}

/// Mean over the replicates whose masks are there; empty without any.
std::vector<double> mean_of(const Experiment& experiment, const Level& level, const std::string& layer,
                            const Image& image, std::int64_t& outputs) {
    std::vector<double> sum;
    int count = 0;
    for (const store::Stage& stage : level.replicates) {
        const auto masks = masks_of(experiment, stage);
        if (!masks || !masks->contains(layer)) continue;
        const std::vector<double> one = counts_of(masks->at(layer), image);
        outputs = masks->at(layer).shape()[0] * image.channels;
        sum.resize(one.size(), 0);
        for (std::size_t i = 0; i < one.size(); ++i) sum[i] += one[i];
        ++count;
    }
    for (double& value : sum) value /= count;
    return sum;
}

Content write(const Experiment& experiment) {
    if (experiment.dense() == nullptr) return {};
    const store::Stage& dense = experiment.dense()->replicates.front();
    const auto masks = masks_of(experiment, dense);
    const std::string& layer = dense.layers.front().name;
    if (!masks || !masks->contains(layer)) return {};
    const Shape& shape = masks->at(layer).shape();
    const Image image = shape.size() == 2 ? image_of(shape[1]) : Image{};
    if (image.side == 0) return {};  // convolutions see every pixel alike

    Json maps = Json::array();
    std::int64_t outputs = 0;
    for (const double wanted : {0.5, 0.2, 0.1, 0.05, 0.02, 0.01}) {
        const Level* level = level_near(*experiment.ticket(), wanted);
        if (level == nullptr) continue;
        const std::vector<double> counts = mean_of(experiment, *level, layer, image, outputs);
        if (counts.empty()) continue;
        maps.push_back({{"level", level->level}, {"share", 100 * level->share()}, {"counts", counts}});
    }
    if (maps.empty()) return {};
    return {
        "",
        {{"side", image.side}, {"outputs", outputs}, {"maps", std::move(maps)}},
        fmt::format(
            "Each cell is one pixel of the {0} × {0} input, the fuller the more of its {1} connections into "
            "{2} "
            "are left, on a scale of its own for each level; mean over replicates. Pixels that are always "
            "empty lose theirs first.",
            image.side, outputs, escape_html(layer))};
}

}  // namespace

extern const Section first_layer{.name = "first_layer",
                                 .summary = "surviving connections of the first layer over the input",
                                 .title = "What the first layer looks at",
                                 .link = "Input",
                                 .position = 66,
                                 .write = write};

}  // namespace espalier::report::sections_::first_layer_
