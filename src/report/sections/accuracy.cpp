// Accuracy against weights left, every arm.
#include "report/series.h"

namespace espalier::report::sections_ {
namespace {

using store::Stage;

constexpr Measure kMeasures[] = {
    {"test", "Test, end of training", [](const Level& level) { return level.of(&Stage::test_accuracy); },
     100},
    {"best_test", "Test, early stop", [](const Level& level) { return level.of(&Stage::best_test_accuracy); },
     100},
    {"validation", "Validation, end of training",
     [](const Level& level) { return level.of(&Stage::validation_accuracy); }, 100},
    {"best_validation", "Validation, early stop",
     [](const Level& level) { return level.of(&Stage::best_validation_accuracy); }, 100},
};

Content write(const Experiment& experiment) {
    if (experiment.arms.empty()) return nothing("No stage of this run is finished yet.");
    return {"", arms_over_share(experiment, kMeasures),
            "Further right, fewer weights are left. As long as the ticket stays at the dense line, what was "
            "cut was not needed; where it leaves its controls behind, its own initial weights and mask "
            "matter. Lines are means, bands reach from the least to the greatest replicate."};
}

}  // namespace

extern const Section accuracy{.name = "accuracy",
                              .summary = "accuracy against weights left",
                              .title = "Accuracy against weights left",
                              .link = "Accuracy",
                              .position = 20,
                              .write = write};

}  // namespace espalier::report::sections_
