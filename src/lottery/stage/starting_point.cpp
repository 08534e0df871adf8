#include "lottery/stage/starting_point.h"

#include <fmt/format.h>

#include <algorithm>

#include "espalier/surgery.h"
#include "lottery/pruning/prune_request.h"
#include "lottery/stage/stage_files.h"
#include "prune/scheduling/schedule.h"
#include "prune/units/matrix_view.h"

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
        if (action.drop_fraction == 0 && !action.fan_in) return masks;
        const PruneInput cut{
            .weights = input.weights, .masks = masks, .initial = input.initial, .movement = input.movement};
        return context.pruner().regrow(cut, action, occasion);
    };
}

/// Of Top-KAST the backward set, as much denser in every layer as in the whole; of searches all.
std::int64_t updated_of(const Recipe& recipe, const prune::Latent& kind, std::int64_t count,
                        std::int64_t kept) {
    if (!kind.is_weight) return count;
    const double forward = 1 - recipe.prune.sparsity;
    const double backward =
        recipe.prune.backward_sparsity > 0 ? 1 - recipe.prune.backward_sparsity : 2 * forward;
    const auto updated = static_cast<std::int64_t>(static_cast<double>(kept) * backward / forward);
    return std::clamp(updated, kept, count);
}

}  // namespace

Start starting_point(StageContext& context) {
    const auto all_kept = [&] { return surgery::all_kept(context.graph(), context.recipe().prune.include); };
    if (context.stage().is_dense()) return {.weights = context.graph().initializers, .masks = all_kept()};
    if (is_scheduled(context)) return {.weights = context.initial(), .masks = all_kept()};
    if (const Control* control = control_of(context)) {
        Ticket ticket(context);
        return control->start(ticket);
    }
    return cut_parent(context);
}

Reprune changes_on_the_way(StageContext& context, Ticket& ticket) {
    if (is_scheduled(context)) {
        const bool has_latents = !prune::schedules().get(context.recipe().prune.schedule).latent.empty();
        return has_latents ? Reprune() : schedule_of(context);
    }
    const Control* control = control_of(context);
    return control != nullptr && control->reprune != nullptr ? control->reprune(ticket) : Reprune();
}

std::optional<train::LatentTraining> latents_of(StageContext& context) {
    const Recipe& recipe = context.recipe();
    const std::string_view kind = prune::schedules().get(recipe.prune.schedule).latent;
    if (!is_scheduled(context) || kind.empty()) return {};
    const Weights initial = context.initial();
    const prune::MaskSet all = surgery::all_kept(context.graph(), recipe.prune.include);
    const prune::MaskSet kept =
        context.pruner().cut({.weights = initial, .masks = all, .initial = initial, .movement = nullptr},
                             prune::Target{.sparsity = recipe.prune.sparsity}, "step 0");
    const bool is_every_step = prune::latents().get(kind).freezes_others;
    train::LatentTraining training{
        .kind = prune::latents().get(kind),
        .budgets = {},
        .every = is_every_step ? 1 : recipe.prune.every.steps(context.steps_per_epoch()),
        .seed = context.seed()};
    for (const prune::Candidate& candidate : candidates_of(recipe, context.graph(), initial)) {
        const prune::Layout layout = prune::layout_of(candidate);
        const std::int64_t left = kept.at(candidate.name).kept();
        training.budgets[candidate.name] = {
            .kept = left,
            .updated = updated_of(recipe, training.kind, layout.count(), left),
            .inputs = layout.count() / layout.all_outputs()};
    }
    return training;
}

bool remembers(const StageContext& context) {
    const Control* control = control_of(context);
    return control != nullptr && control->remembers;
}

}  // namespace espalier::lottery
