#include "experiment/trees/method_curves.h"

#include <fmt/format.h>

#include "espalier/error.h"
#include "trees/method.h"

namespace espalier::experiment {
namespace {

using trees::Examples;
using trees::Grown;
using trees::Method;

/// Why a method is not for these trees; "" if it is.
std::string not_for(const Method& method, const Grown& grown, const Examples& examples, int folds) {
    if (method.needs_classes && examples.classes == 0) return "it is for classes";
    if (method.needs_predictions && !grown.predicts) return "it is for trees that each predict by themselves";
    if (method.needs_held_out && (folds == 1 || folds == 2)) return "it takes a fold to decide on: 3 or more";
    if (method.needs_held_out && folds == 0)
        return "the rows that it decides on would be those that judge it";
    return {};
}

}  // namespace

std::vector<MethodCurve> method_curves(const trees::Ensemble& ensemble, const Examples& examples,
                                       const Examples* validation, std::optional<trees::Impurity> impurity,
                                       int folds, std::uint64_t seed, const Watch& watch) {
    const Grown grown =
        impurity ? trees::grown(ensemble, examples, *impurity) : trees::grown(ensemble, examples);
    std::vector<MethodCurve> curves;
    const auto count = static_cast<double>(trees::methods().size());
    for (const Method* method : trees::methods()) {
        MethodCurve& curve = curves.emplace_back();
        curve.method = method->name;
        curve.amount = method->amount;
        curve.left_out = not_for(*method, grown, examples, folds);
        if (!curve.left_out.empty()) continue;
        const double before = static_cast<double>(curves.size() - 1) / count;
        const auto progress = [&](double share) {
            if (watch.progress) watch.progress(before + share / count, curve.method);
            if (watch.is_stopped()) throw Interrupted("stopped");
        };
        try {
            curve.validated =
                folds > 0
                    ? trees::validate(*method, ensemble, examples, impurity, folds, seed, progress)
                    : trees::validate(*method, grown, {.examples = examples, .pause = [&] { progress(0); }},
                                      *validation);
        } catch (const Unsupported& error) {
            curve.left_out = error.what();
        }
    }
    return curves;
}

}  // namespace espalier::experiment
