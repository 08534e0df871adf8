// Accuracy loss against share pruned (Han et al. 2015, Figure 5), and pruning against dropout: five ways to
// prune one network, and the network with dropout.
//   ticket            L2, pruned and retrained level after level
//   l2-retrained      L2, each level cut from the dense network at once, then retrained
//   l1-retrained      L1, likewise
//   l2-no-retraining  L2, cut only
//   l1-no-retraining  L1, cut only
//   dropout           as ticket, with dropout that follows the mask
#include "lottery/plan/study.h"
#include "lottery/pruning/prune_request.h"

namespace espalier::lottery::studies_::tradeoff_ {
namespace {

void need(const Recipe& recipe, const char* key, double value, const char* what) {
    if (value > 0) return;
    recipe.fail(key, std::string(": study \"tradeoff\" needs ") + what);
}

Recipe expand(const Recipe& recipe) {
    need(recipe, "regularize.l1", recipe.regularize.l1, "the strength of its L1 arms");
    need(recipe, "regularize.l2", recipe.regularize.l2, "the strength of its L2 arms");
    need(recipe, "regularize.dropout", recipe.regularize.dropout, "the ratio of its dropout arm");
    if (recipe.retrain.mode != "fine-tune")
        recipe.fail("retrain.mode", ": study \"tradeoff\" retrains the survivors, expected \"fine-tune\"");
    if (!retrains(recipe))
        recipe.fail("prune.schedule",
                    ": study \"tradeoff\" prunes trained networks, expected \"after-training\"");

    Recipe base = recipe;
    base.regularize.l1 = 0;
    base.regularize.dropout = 0;
    base.prune.one_shot = false;
    const auto add = [&](const char* name, bool lasso, bool retrained) {
        Recipe arm = arm_of(base, name);
        arm.regularize.l1 = lasso ? recipe.regularize.l1 : 0;
        arm.regularize.l2 = lasso ? 0 : recipe.regularize.l2;
        arm.prune.one_shot = true;
        if (!retrained) arm.retrain.mode = "none";
        base.arms.push_back(std::move(arm));
    };
    add("l2-retrained", false, true);
    add("l1-retrained", true, true);
    add("l2-no-retraining", false, false);
    add("l1-no-retraining", true, false);
    Recipe dropout = arm_of(base, "dropout");
    dropout.regularize.dropout = recipe.regularize.dropout;
    base.arms.push_back(std::move(dropout));
    return base;
}

}  // namespace

extern const Study tradeoff{
    .name = "tradeoff",
    .summary = "accuracy against share pruned for L1 and L2, and against dropout (Han 2015)",
    .expand = expand};

}  // namespace espalier::lottery::studies_::tradeoff_
