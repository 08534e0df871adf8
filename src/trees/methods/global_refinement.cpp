// min sum over rows |F - sum_t T_t|^2 + price * nodes, F being what all trees say together and T_t a pruned
// subtree of tree t with leaves of its own. One tree after another is chosen anew for what the others leave
// over, and the price of a node rises until no more than the share of the nodes asked for is left; then all
// leaves are fitted once more. Of a forest, forward selection towards F first takes ten times as many trees
// as would fit whole.
//
// After Ren, Cao, Wei, Sun: Global refinement of random forest. CVPR 2015 (leaves of all trees fitted
// together, and pruned by that). That the target is what the ensemble says, on made-up rows where few are
// given, is of Bucila, Caruana, Niculescu-Mizil: Model compression. KDD 2006.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "espalier/error.h"
#include "trees/choose/imitation.h"
#include "trees/choose/synthetic_rows.h"
#include "trees/choose/tree_gram.h"

namespace espalier::trees::methods_::global_refinement_ {
namespace {

constexpr double kTreesPerShare = 10;
constexpr double kL2 = 40;
constexpr double kFirstPrice = 1e-7;  // of the variance of F
constexpr double kLeastPrice = 1e-200;
constexpr double kLargeStep = 1.5;
constexpr double kSmallStep = 1.08;  // near the goal
constexpr double kNear = 1.6;
constexpr int kLastFits = 15;
// Few rows do not tell where trees differ: by wine's 124 rows alone, a tenth of a forest costs 5 points of
// accuracy, with these 0.4.
constexpr std::int64_t kEnoughRows = 10'000;
constexpr std::int64_t kMostCopies = 60;

std::vector<double> chosen_trees(const Grown& grown, const Examples& rows, double share) {
    const auto all = static_cast<double>(grown.ensemble.roots.size());
    const double wanted = std::max(1.0, std::ceil(kTreesPerShare * share * all));
    if (!grown.predicts || wanted >= all) return {};
    return forward_selection(tree_gram(grown, rows, Target::trees), static_cast<std::size_t>(wanted));
}

/// The rows, and others between them where they are few.
const Examples& rows_of(const Evidence& evidence) {
    if (evidence.synthetic == nullptr) {
        const std::int64_t given = evidence.examples.rows();
        const auto copies = static_cast<int>(std::min((kEnoughRows + given - 1) / given - 1, kMostCopies));
        evidence.synthetic = std::make_shared<const Examples>(
            with_synthetic_rows(evidence.examples, copies, 0, evidence.pause));
    }
    return *evidence.synthetic;
}

Decision decide(const Grown& grown, const Evidence& evidence, double share) {
    if (!(share > 0 && share <= 1))
        throw InvalidArgument(fmt::format("{} of the nodes: expected a share above 0 and up to 1", share));
    const Aggregate aggregate = grown.ensemble.aggregate;
    if (aggregate != Aggregate::sum && aggregate != Aggregate::average)
        throw Unsupported("trees whose least or largest value counts have no sum that could be kept");
    if (share == 1) return {};
    const Examples& rows = rows_of(evidence);
    Imitation imitation(grown, rows, kL2, chosen_trees(grown, rows, share));
    const double goal = share * static_cast<double>(grown.nodes.size());
    // Trees that all say the same cost nothing to cut.
    double price = std::max(kFirstPrice * imitation.variance(), kLeastPrice);
    while (true) {
        if (evidence.pause) evidence.pause();
        imitation.choose(price);
        const double nodes = imitation.choose(price);
        if (nodes <= goal) break;
        price *= nodes > kNear * goal ? kLargeStep : kSmallStep;
    }
    imitation.fit(kLastFits);
    return imitation.decision();
}

std::vector<double> amounts(const Grown&, const Evidence&) {
    return {1, 0.7, 0.5, 0.35, 0.25, 0.15, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01};
}

}  // namespace

extern const Method global_refinement{
    .name = "global-refinement",
    .summary = "subtrees that say together what all said, each fitted to what the others leave over",
    .formula = "min |F - sum_t T_t|^2 + price * nodes",
    .source = "Ren et al. 2015; Bucila et al. 2006",
    .amount = "share of the nodes that stays",
    .decide = decide,
    .amounts = amounts};

}  // namespace espalier::trees::methods_::global_refinement_
