// b += (W0 - W) E[x]: the bias takes what the output loses in the mean
// An et al. 2024, "Fluctuation-based Adaptive Structured Pruning for Large Language Models" (FLAP).
#include "calibrate/reconstruction.h"

namespace espalier::calibrate::reconstructions_::flap_ {
namespace {

void run(LayerProblem& layer) {
    layer.shift.assign(static_cast<std::size_t>(layer.outputs), 0.0);
    for (std::int64_t o = 0; o < layer.outputs; ++o) {
        double lost = 0;
        for (std::int64_t j = 0; j < layer.inputs; ++j) {
            const std::size_t at = layer.at(o, j);
            lost += (static_cast<double>(layer.before[at]) - layer.weight[at]) * layer.gram->mean(j);
        }
        layer.shift[static_cast<std::size_t>(o)] = lost;
    }
}

}  // namespace

extern const Reconstruction flap{.name = "flap",
                                 .summary = "biases take what outputs lose in the mean",
                                 .formula = "b += (W0 - W) E[x]",
                                 .source = "An et al. 2024, Fluctuation-based Adaptive Structured Pruning",
                                 .keeps_values = true,
                                 .shifts = true,
                                 .run = run};

}  // namespace espalier::calibrate::reconstructions_::flap_
