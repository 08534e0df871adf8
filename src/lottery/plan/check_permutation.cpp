// Can the units of a network be reordered for the groups that a recipe cuts?
#include <fmt/format.h>

#include "espalier/error.h"
#include "lottery/plan/check.h"
#include "prune/scheduling/schedule.h"
#include "surgery/permutation/permutation.h"

namespace espalier::lottery {

void check_permutation(const Recipe& recipe) {
    if (!recipe.prune.permute || recipe.prune.rounds == 0) return;
    try {
        surgery::unit_order(recipe.prune.granularity);
    } catch (const InvalidArgument& error) {
        recipe.fail("prune.permute", fmt::format(": {}", error.what()));
    }
    const prune::Schedule& schedule = prune::schedules().get(recipe.prune.schedule);
    if (schedule.is_during && recipe.model.onnx.empty())
        recipe.fail(
            "prune.permute",
            fmt::format(": schedule \"{}\" cuts what training makes of the initial weights, and the order of "
                        "random ones would be found; expected schedule \"after-training\" or model.onnx",
                        schedule.name));
}

}  // namespace espalier::lottery
