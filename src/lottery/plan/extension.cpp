#include "lottery/plan/extension.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <tuple>

#include "espalier/error.h"

namespace espalier::lottery {
namespace {

using Where = std::tuple<std::string, int, int, std::int64_t>;  // arm, level, replicate, step of a stability

Where where(const store::Position& at) { return {at.arm, at.level, at.replicate, at.step}; }

std::map<Where, const StageSpec*> by_place(const std::vector<StageSpec>& stages) {
    std::map<Where, const StageSpec*> out;
    for (const StageSpec& stage : stages) {
        const std::int64_t step = stage.kind == StageSpec::Kind::stability ? stage.first_step : 0;
        for (const Place& place : stage.places) out[{place.arm, place.level, stage.replicate, step}] = &stage;
    }
    return out;
}

std::string describe(const store::Position& at) {
    return fmt::format("{} at level {}, replicate {}", at.arm, at.level, at.replicate);
}

/// "prune.rate = 0.2, asked for is 0.3": the first key in which stages differ; nothing if no key says it.
std::optional<std::string> difference(const Recipe& held, const Recipe& wanted) {
    std::istringstream held_lines(held.extensible().resolved());
    std::istringstream wanted_lines(wanted.extensible().resolved());
    std::string section;
    std::string a;
    std::string b;
    for (;;) {
        const bool has_a = static_cast<bool>(std::getline(held_lines, a));
        const bool has_b = static_cast<bool>(std::getline(wanted_lines, b));
        if (!has_a && !has_b) return {};
        if (has_a != has_b || a != b) break;
        if (a.starts_with('[')) section = a.substr(1, a.size() - 2);
    }
    const std::string value = b.substr(std::min(b.size(), b.find('=') + 1));
    if (a.starts_with('[') || b.starts_with('[') || value.empty()) return "the arms differ";
    return fmt::format("{}.{}, asked for is{}", section, a, value);
}

[[noreturn]] void refuse(const store::Run& run, const std::string& what) {
    throw BadData(fmt::format("{}: holds a run of another recipe: {}; choose another folder",
                              run.folder().string(), what));
}

Recipe recipe_in(const store::Run& run) {
    try {
        return Recipe::from_text(run.recipe(), "recipe.toml");
    } catch (const BadRecipe& error) {
        refuse(run, fmt::format("it cannot be read any more: {}", error.what()));
    }
}

/// Files are known by their content: they may have moved since the run was made.
void take_paths(Recipe& held, const Recipe& wanted) {
    held.data.path = wanted.data.path;
    held.model.onnx = wanted.model.onnx;
    held.train.teacher = wanted.train.teacher;
    held.prune.sensitivity = wanted.prune.sensitivity;
    for (Recipe& arm : held.arms) {
        const auto same =
            std::ranges::find_if(wanted.arms, [&](const Recipe& other) { return other.arm == arm.arm; });
        if (same != wanted.arms.end()) take_paths(arm, *same);
    }
}

/// True if every stage, at each of its places, is one of the run's recipe.
bool has_all(const Recipe& held, const std::vector<StageSpec>& stages, const data::Dataset& dataset) {
    const std::vector<StageSpec> own = plan(held, dataset);
    const auto places = by_place(own);
    for (const auto& [place, stage] : by_place(stages)) {
        const auto found = places.find(place);
        if (found == places.end() || found->second->hash != stage->hash) return false;
    }
    return true;
}

bool may_be_done_again(const StageSpec& stage) {
    return stage.other >= 0 || stage.kind == StageSpec::Kind::stability;
}

}  // namespace

std::string take_recipe(store::Run& run, const Recipe& recipe, const std::vector<StageSpec>& stages,
                        const data::Dataset& dataset) {
    const std::string text = recipe.resolved();
    if (run.recipe() == text) return "";
    Recipe held = recipe_in(run);
    if (held.resolved() == text) return "";  // a version that had fewer fields wrote it

    const auto places = by_place(stages);
    std::optional<store::Position> left_out;
    for (const store::Position& at : run.positions()) {
        const auto found = places.find(where(at));
        if (found == places.end()) {
            if (!left_out) left_out = at;
        } else if (found->second->hash != at.hash && !may_be_done_again(*found->second)) {
            refuse(run, difference(held, recipe)
                            .value_or("the data, or a file that it names, are not what they were"));
        }
    }
    if (!left_out) {
        run.set_recipe(text);
        return "the run has another recipe by now: what it has is used again, only what is new is trained";
    }
    take_paths(held, recipe);
    if (!has_all(held, stages, dataset))
        refuse(run, fmt::format("it has {}, which this one leaves out while it asks for more",
                                describe(*left_out)));
    if (held.resolved() != run.recipe()) run.set_recipe(held.resolved());
    return fmt::format(
        "the run has more than this recipe asks for ({}): it keeps its own, and nothing is dropped",
        describe(*left_out));
}

}  // namespace espalier::lottery
