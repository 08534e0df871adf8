#include "lottery/plan/study.h"

#include <fmt/format.h>

#include "espalier/error.h"

namespace espalier::lottery {

Recipe expand(const std::string& study, const Recipe& recipe) {
    const Study* found = studies().find(study);
    if (found == nullptr) throw InvalidArgument(fmt::format("study \"{}\"{}", study, studies().hint(study)));
    if (!recipe.arms.empty())
        recipe.fail("arms." + recipe.arms.front().arm,
                    ": a study makes its own arms, expected a recipe without");
    return found->expand(recipe);
}

Recipe arm_of(const Recipe& base, const std::string& name) {
    Recipe arm = base.without_controls();
    arm.arm = name;
    return arm;
}

}  // namespace espalier::lottery
