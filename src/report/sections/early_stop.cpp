// The step of least validation loss against weights left, every arm.
#include "report/figures/series.h"

namespace espalier::report::sections_::early_stop_ {
namespace {

constexpr Measure kMeasures[] = {
    {"best_step", "Step of least validation loss",
     [](const Level& level) { return level.of(&store::Stage::best_step); }},
};

Content write(const Experiment& experiment) {
    if (experiment.arms.empty()) return nothing("No stage of this run is finished yet.");
    return {
        "", arms_over_share(experiment, kMeasures),
        "Lower is faster: the training step at which the validation loss was least, found after training. A "
        "ticket that learns faster than the dense network lies below the dense line."};
}

}  // namespace

extern const Section early_stop{.name = "early_stop",
                                .summary = "step of least validation loss against weights left",
                                .title = "How soon training is done",
                                .link = "Early stop",
                                .position = 30,
                                .write = write};

}  // namespace espalier::report::sections_::early_stop_
