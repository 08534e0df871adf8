#include "espalier/lottery.h"

namespace espalier::lottery {

const Recipe& recipe_of(const Recipe& recipe, const StageSpec& stage) {
    return stage.recipe == 0 ? recipe : recipe.arms[static_cast<std::size_t>(stage.recipe - 1)];
}

}  // namespace espalier::lottery
