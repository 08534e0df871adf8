// How much of each layer is left at each level of the ticket.
#include "report/section.h"

namespace espalier::report::sections_::layers_ {
namespace {

using store::LayerCount;
using store::Stage;

Json layers_of(const Stage& stage) {
    Json layers = Json::array();
    for (const LayerCount& layer : stage.layers)
        layers.push_back({{"name", layer.name}, {"total", layer.total}});
    return layers;
}

/// Weights left of each layer, mean over replicates.
Json left_of(const Level& level) {
    Json left = Json::array();
    const std::size_t count = level.replicates.front().layers.size();
    for (std::size_t i = 0; i < count; ++i) {
        std::vector<double> values;
        for (const Stage& stage : level.replicates) {
            if (i < stage.layers.size()) values.push_back(static_cast<double>(stage.layers[i].left));
        }
        left.push_back(spread(values).mean);
    }
    return left;
}

Content write(const Experiment& experiment) {
    const Arm* ticket = experiment.ticket();
    if (ticket == nullptr) return nothing("No stage of the ticket is finished yet.");
    Json points = Json::array();
    for (const Level& level : ticket->levels) {
        points.push_back({{"level", level.level}, {"share", 100 * level.share()}, {"left", left_of(level)}});
    }
    return {"",
            {{"layers", layers_of(ticket->levels.front().replicates.front())}, {"points", std::move(points)}},
            "Where the budget went: the share of its own weights that each layer of the ticket keeps. "
            "Layers that part from the rest were cut more, or less, than the network as a whole."};
}

}  // namespace

extern const Section layers{.name = "layers",
                            .summary = "share of weights left by layer and level",
                            .title = "Where the weights were cut",
                            .link = "Layers",
                            .position = 50,
                            .write = write};

}  // namespace espalier::report::sections_::layers_
