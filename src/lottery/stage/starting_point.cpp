#include "lottery/stage/starting_point.h"

#include <fmt/format.h>

#include "espalier/surgery.h"
#include "lottery/pruning/prune_request.h"
#include "lottery/stage/stage_files.h"
#include "prune/request/schedule.h"

namespace espalier::lottery {
namespace {

using Kind = StageSpec::Kind;

/// A ticket that is cut while it is trained, rather than after the level before.
bool is_scheduled(const StageContext& context) {
    return context.stage().kind == Kind::search && !context.stage().is_dense() && !retrains(context.recipe());
}

const Control* control_of(const StageContext& context) {
    return context.stage().kind == Kind::control ? &controls().get(context.stage().arm()) : nullptr;
}

/// The end of the parent, cut by this level's rounds.
Start cut_parent(StageContext& context) {
    const StageSpec& stage = context.stage();
    const Weights trained = context.cut_weights(stage.parent);
    Weights movement;
    const bool moved = context.reads("movement");
    if (moved) movement = context.read(stage.parent, kMovement);
    return {.weights = context.survivors(stage.parent),
            .masks = context.cut(trained, context.masks_of(stage.parent), moved ? &movement : nullptr,
                                 stage.first_round, stage.level())};
}

/// What the schedule of the recipe does after each step. Steps without anything to do cost nothing.
Reprune schedule_of(StageContext& context) {
    const prune::ScheduleSettings settings =
        schedule_settings(context.recipe(), context.stage().last_step, context.steps_per_epoch());
    return [&context, settings, at_start = context.initial()](
               std::int64_t step,
               const std::function<train::TrainingState()>& look) -> std::optional<prune::MaskSet> {
        const prune::Action action = prune::action_at(settings, step);
        if (action.kind == prune::Action::Kind::none) return {};
        const train::TrainingState state = look();
        const PruneInput input{.weights = state.weights,
                               .masks = state.masks,
                               .initial = at_start,
                               .movement = state.movement.empty() ? nullptr : &state.movement};
        const std::string occasion = fmt::format("step {}", step);
        if (action.kind == prune::Action::Kind::regrow)
            return context.pruner().regrow(input, action, occasion);
        const bool is_during = prune::schedules().get(context.recipe().prune.schedule).is_during;
        const prune::Target target =
            !is_during ? round_goal(context.recipe(), 1) : prune::Target{.sparsity = action.sparsity};
        prune::MaskSet masks = context.pruner().cut(input, target, occasion);
        if (action.drop_fraction == 0) return masks;
        const PruneInput cut{
            .weights = input.weights, .masks = masks, .initial = input.initial, .movement = input.movement};
        return context.pruner().regrow(cut, action, occasion);
    };
}

}  // namespace

Start starting_point(StageContext& context) {
    if (context.stage().is_dense())
        return {.weights = context.graph().initializers, .masks = surgery::all_kept(context.graph())};
    if (is_scheduled(context))
        return {.weights = context.initial(), .masks = surgery::all_kept(context.graph())};
    if (const Control* control = control_of(context)) {
        Ticket ticket(context);
        return control->start(ticket);
    }
    return cut_parent(context);
}

Reprune changes_on_the_way(StageContext& context, Ticket& ticket) {
    if (is_scheduled(context)) return schedule_of(context);
    const Control* control = control_of(context);
    return control != nullptr && control->reprune != nullptr ? control->reprune(ticket) : Reprune();
}

bool is_resumable(const StageContext& context) {
    const Control* control = control_of(context);
    return control != nullptr && control->reprune != nullptr;
}

}  // namespace espalier::lottery
