// Accuracy against weights left, every arm.
#include "report/figures/series.h"

namespace espalier::report::sections_::accuracy_ {
namespace {

Content write(const Experiment& experiment) {
    if (experiment.arms.empty()) return nothing("No stage of this run is finished yet.");
    return {"", arms_over_share(experiment, accuracy_measures()),
            "Further right, fewer weights are left. As long as the ticket stays at the dense line, what was "
            "cut was not needed; where it leaves its controls behind, its own initial weights and mask "
            "matter. Lines are means over replicates; bands are what you choose above the plot."};
}

}  // namespace

extern const Section accuracy{.name = "accuracy",
                              .summary = "accuracy against weights left",
                              .title = "Accuracy against weights left",
                              .link = "Accuracy",
                              .position = 20,
                              .write = write};

}  // namespace espalier::report::sections_::accuracy_
