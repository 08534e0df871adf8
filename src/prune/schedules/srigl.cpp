// RigL in which every output that is left keeps as many weights as every other of its layer, its fan-in, so
// that rows are equally long; outputs that hold too little of what matters go as a whole
// (prune/apply/fan_in.h). Lasby et al. 2023, "Dynamic Sparse Training with Structured Sparsity".
#include "prune/scheduling/schedule.h"

namespace espalier::prune::schedules_::srigl_ {
namespace {

constexpr std::string_view kGrowth = "gradient";

Action at(const ScheduleSettings& settings, std::int64_t step) {
    Action action = move_at(settings, step, kGrowth);
    if (action.kind == Action::Kind::none) return action;
    action.growth = kGrowth;  // after the first cut too, which the scope does not make even
    action.fan_in = true;
    return action;
}

}  // namespace

extern const Schedule srigl{.name = "srigl",
                            .summary = "as rigl, with as many weights in every output that is left",
                            .formula = "rigl, then the k best of each output; outputs of few go",
                            .source = "Lasby et al. 2023, Dynamic Sparse Training with Structured Sparsity",
                            .is_during = true,
                            .decay = "cosine",
                            .growth = kGrowth,
                            .signals_mode = SignalsMode::training,
                            .reads = kReadByMoves,
                            .at = at};

}  // namespace espalier::prune::schedules_::srigl_
