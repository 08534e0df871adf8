// The trade-off of Han et al. 2015, "Learning both Weights and Connections": accuracy loss against weights
// pruned, by regulariser and retraining, and pruning against dropout.
#include <fmt/format.h>

#include "report/figures/series.h"
#include "report/findings/claims.h"
#include "report/findings/published.h"
#include "report/section.h"
#include "report/text.h"

namespace espalier::report::sections_::tradeoff_ {
namespace {

using store::Stage;

constexpr const char* kL2Plain = "l2-no-retraining";
constexpr const char* kL1Plain = "l1-no-retraining";
constexpr const char* kL1Retrained = "l1-retrained";
constexpr const char* kL2Retrained = "l2-retrained";
constexpr const char* kIterative = "ticket";

struct Curve {
    const char* arm;
    const char* label;
};
constexpr Curve kCurves[] = {{kL2Plain, "L2, no retraining"},
                             {kL1Plain, "L1, no retraining"},
                             {kL1Retrained, "L1, retrained"},
                             {kL2Retrained, "L2, retrained"},
                             {kIterative, "L2, iterative"}};

const char* label_of(const char* arm) {
    for (const Curve& curve : kCurves) {
        if (std::string_view(curve.arm) == arm) return curve.label;
    }
    return arm;
}

/// What a level loses against the dense network of its own arm, in each replicate that has both.
std::map<int, double> losses(const Arm& arm, const Level& level) {
    std::map<int, double> all;
    const Level* dense = arm.find(0);
    if (dense == nullptr) return all;
    for (const Stage& stage : level.replicates) {
        const Stage* whole = dense->find(stage.replicate);
        if (whole != nullptr) all[stage.replicate] = whole->test_accuracy - stage.test_accuracy;
    }
    return all;
}

Plot curves(const Experiment& experiment) {
    Plot plot{.axis = Plot::Axis::linear,
              .x = "Weights pruned (%)",
              .y = "Accuracy lost (points)",
              .unit = " points",
              .reference = "Nothing lost"};
    for (const Curve& curve : kCurves) {
        const Arm* arm = experiment.find_arm(curve.arm);
        if (arm == nullptr) continue;
        Line line{curve.arm, curve.label, {}};
        for (const Level& level : arm->levels) {
            std::vector<double> values;
            for (const auto& [replicate, loss] : losses(*arm, level)) values.push_back(loss);
            if (values.empty()) continue;
            line.points.push_back(
                line_point(100 - 100 * level.share(), values, 100,
                           fmt::format("{} pruned, level {}", share(1 - level.share()), level.level)));
        }
        plot.lines.push_back(std::move(line));
    }
    return plot;
}

/// How much more `worse` loses than `better`: a mean over the levels of both between two shares left.
Part loses_less(const Experiment& experiment, const char* better, const char* worse, double from, double to,
                Part (*decide)(const std::string&, const Finding&, Measured)) {
    for (const char* name : {better, worse}) {
        if (experiment.find_arm(name) == nullptr) return missing(fmt::format("needs the arm \"{}\"", name));
    }
    const Arm& ours = *experiment.find_arm(better);
    const Arm& theirs = *experiment.find_arm(worse);
    std::map<int, std::pair<double, int>> sums;  // by replicate: more lost, levels
    int levels = 0;
    for (const Level& level : ours.levels) {
        const Level* other = theirs.find(level.level);
        constexpr double kRounding = 0.005;
        if (other == nullptr || level.level == 0 || level.share() < from - kRounding ||
            level.share() > to + kRounding)
            continue;
        ++levels;
        const std::map<int, double> more = losses(theirs, *other);
        for (const auto& [replicate, loss] : losses(ours, level)) {
            if (!more.contains(replicate)) continue;
            sums[replicate].first += more.at(replicate) - loss;
            sums[replicate].second += 1;
        }
    }
    std::vector<double> differences;
    for (const auto& [replicate, sum] : sums) {
        if (sum.second == levels) differences.push_back(sum.first / levels);
    }
    const std::string what = fmt::format("Loss {} − loss {}", label_of(worse), label_of(better));
    if (differences.empty()) return missing(what + ": no level in common there");
    return decide(what, find(difference(differences), tolerance_of(experiment)), Measured::points);
}

std::vector<Published> findings(const Experiment& experiment) {
    const auto iterative = [&](const char* other) {
        return loses_less(experiment, kIterative, other, 0, 0.2, greater);
    };
    return {{"80–90 % pruned",
             "Without retraining, L1 loses less than L2",
             {loses_less(experiment, kL1Plain, kL2Plain, 0.1, 0.2, greater)}},
            {"50–98 % pruned",
             "With retraining, L2 loses no more than L1",
             {loses_less(experiment, kL2Retrained, kL1Retrained, 0.02, 0.5, at_least)}},
            {"80 % pruned and beyond",
             "Iterative pruning with L2 is best",
             {iterative(kL2Retrained), iterative(kL1Retrained), iterative(kL2Plain), iterative(kL1Plain)}}};
}

std::string findings_html(const Experiment& experiment) {
    std::string html =
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Findings of Han et al.\">\n"
        "<table class=\"words stacked\"><thead><tr><th scope=\"col\">Han et al. 2015</th><th "
        "scope=\"col\">Here</th>"
        "<th scope=\"col\">Difference</th></tr></thead>\n<tbody>\n";
    for (const Published& one : findings(experiment)) {
        std::string parts;
        for (const Part& part : one.parts)
            parts += fmt::format("<p>{}</p>", escape_html(unbroken(part.text)));
        html += fmt::format(
            "<tr><th scope=\"row\">{}<small>{}</small></th><td><span class=\"verdict "
            "{}\">{}</span></td><td>{}</td></tr>\n",
            escape_html(unbroken(one.claim)), escape_html(one.source), name_of(one.answer()),
            escape_html(unbroken(one.verdict())), parts);
    }
    return html + "</tbody></table></div>\n";
}

/// The level to compare regularisers at: near 10 % left, or else the one of best validation accuracy.
const Level* compared(const Arm& ticket) {
    if (const Level* near = level_near(ticket, 0.1)) return near;
    const Level* best = nullptr;
    const auto validation = [](const Level& level) { return level.of(&Stage::validation_accuracy).mean; };
    for (const Level& level : ticket.levels) {
        if (level.level > 0 && (best == nullptr || validation(level) > validation(*best))) best = &level;
    }
    return best;
}

Plot gaps(const Experiment& experiment, const Level& pruned) {
    const Arm* dropout = experiment.find_arm("dropout");
    const auto at = [&](const Arm* arm, int level) { return arm == nullptr ? nullptr : arm->find(level); };
    const std::pair<std::string, const Level*> all[] = {
        {"Dense", experiment.dense()},
        {"Dropout", at(dropout, 0)},
        {fmt::format("Pruned to {}", share(pruned.share())), &pruned},
        {"Both", at(dropout, pruned.level)}};
    Plot plot{.axis = Plot::Axis::categories,
              .title = "Gap between training and test",
              .x = "Regulariser",
              .y = "Training − test accuracy (points)",
              .unit = " points"};
    Line gap{"gap", "Training − test", {}};
    for (const auto& [label, level] : all) {
        if (level == nullptr) continue;
        std::vector<double> values;
        for (const Stage& stage : level->replicates)
            values.push_back(stage.train_accuracy - stage.test_accuracy);
        gap.points.push_back(line_point(static_cast<double>(plot.categories.size()), values, 100, label));
        plot.categories.push_back(label);
    }
    plot.lines = {std::move(gap)};
    plot.dots = true;
    return plot;
}

Content write(const Experiment& experiment) {
    const auto study = experiment.facts.find("study");
    if (study == experiment.facts.end() || study->second != "tradeoff" || experiment.dense() == nullptr)
        return {};
    Plot loss = curves(experiment);
    loss.title = "Accuracy lost against weights pruned";
    std::vector<Plot> plots{std::move(loss)};
    if (const Level* level = compared(*experiment.ticket())) plots.push_back(gaps(experiment, *level));
    return {findings_html(experiment), to_json(plots),
            "Loss is the test accuracy of an arm's own dense network less that of the level, paired by "
            "replicate. The "
            "gap between accuracy on training examples and on the test set is what a regulariser closes. "
            "Bands are "
            "95 % confidence intervals."};
}

}  // namespace

extern const Section tradeoff{
    .name = "tradeoff",
    .summary = "accuracy loss against weights pruned, by regulariser and retraining",
    .title = "Trade-off of regularisers and retraining",
    .link = "Trade-off",
    .position = 38,
    .write = write};

}  // namespace espalier::report::sections_::tradeoff_
