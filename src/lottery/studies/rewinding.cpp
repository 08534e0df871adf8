// From which step must a ticket be rewound (Frankle et al. 2020), and does it need its weights or only its
// schedule back (Renda et al. 2020)? The recipe's own search rewinds weights to retrain.to; beside it:
//   reset         to initialisation, k = 0
//   half, double  weights rewound to half and twice that step
//   learning-rate the schedule alone goes back to retrain.to
//   fine-tune     neither goes back, as many steps
#include "lottery/plan/study.h"

namespace espalier::lottery::studies_::rewinding_ {
namespace {

Length times(const Length& length, std::int64_t over, std::int64_t under) {
    return {length.epochs * over / under, length.iterations * over / under};
}

Recipe expand(const Recipe& recipe) {
    if (recipe.retrain.mode != "rewind-weights" || recipe.retrain.to == Length{})
        recipe.fail("retrain.to",
                    ": study \"rewinding\" rewinds weights to a step after the first, expected "
                    "retrain.mode = \"rewind-weights\" and such a step");
    if (recipe.retrain.to.epochs % 2 != 0 || recipe.retrain.to.iterations % 2 != 0)
        recipe.fail("retrain.to",
                    ": study \"rewinding\" halves it, expected even numbers of epochs and steps");
    Recipe base = recipe;
    const auto add = [&](const char* name, const char* mode, const Length& to) {
        Recipe arm = arm_of(recipe, name);
        arm.retrain.mode = mode;
        arm.retrain.to = to;
        base.arms.push_back(std::move(arm));
    };
    add("reset", "rewind-weights", {});
    add("half", "rewind-weights", times(recipe.retrain.to, 1, 2));
    add("double", "rewind-weights", times(recipe.retrain.to, 2, 1));
    add("learning-rate", "rewind-learning-rate", recipe.retrain.to);
    add("fine-tune", "fine-tune", recipe.retrain.to);
    return base;
}

}  // namespace

extern const Study rewinding{
    .name = "rewinding",
    .summary = "accuracy against the step rewound to; weights or schedule (Frankle, Renda 2020)",
    .expand = expand};

}  // namespace espalier::lottery::studies_::rewinding_
