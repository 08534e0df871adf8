// Accuracy against the sparsity of one layer alone, without retraining.
#include <algorithm>

#include "report/figures/series.h"
#include "report/findings/wording.h"
#include "report/section.h"

namespace espalier::report::sections_::sensitivity_ {
namespace {

struct Point {
    double sparsity;
    std::vector<double> accuracies;  // of the replicates
};
struct Layer {
    std::string name;
    std::vector<Point> points;
};

std::vector<Layer> layers_of(const std::vector<store::Sensitivity>& measured) {
    std::vector<Layer> layers;
    const auto find = [](auto& list, auto&& is) { return std::find_if(list.begin(), list.end(), is); };
    for (const store::Sensitivity& one : measured) {
        auto layer = find(layers, [&](const Layer& l) { return l.name == one.layer; });
        if (layer == layers.end()) layer = layers.insert(layers.end(), {one.layer, {}});
        auto point = find(layer->points, [&](const Point& p) { return p.sparsity == one.sparsity; });
        if (point == layer->points.end())
            point = layer->points.insert(layer->points.end(), {one.sparsity, {}});
        point->accuracies.push_back(one.accuracy);
    }
    return layers;
}

Content write(const Experiment& experiment) {
    if (experiment.sensitivities.empty()) return {};
    Json layers = Json::array();
    for (const Layer& layer : layers_of(experiment.sensitivities)) {
        Json points = Json::array();
        for (const auto& [sparsity, accuracies] : layer.points)
            points.push_back({{"sparsity", 100 * sparsity}, {"accuracy", to_json(spread(accuracies), 100)}});
        layers.push_back({{"name", layer.name}, {"points", std::move(points)}});
    }
    return {"",
            {{"score", score_of(experiment)}, {"layers", std::move(layers)}},
            "Each line is the dense network with that layer alone pruned and nothing retrained, on the "
            "validation "
            "split. A layer whose line falls early is one to spare. Lines are means, bands reach from the "
            "least to "
            "the greatest replicate."};
}

}  // namespace

extern const Section sensitivity{.name = "sensitivity",
                                 .summary = "accuracy with one layer pruned, every layer",
                                 .title = "Sensitivity of single layers",
                                 .link = "Sensitivity",
                                 .position = 55,
                                 .write = write};

}  // namespace espalier::report::sections_::sensitivity_
