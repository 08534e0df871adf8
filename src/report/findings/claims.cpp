#include "report/findings/claims.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/text/numbers.h"
#include "report/findings/published.h"
#include "report/text.h"

namespace espalier::report {
namespace {

using store::Stage;

constexpr double kNear = 0.005;         // 0.5 points
constexpr double kVerySparse = 0.0405;  // what is written "4.0 %" or less
constexpr double kRounding = 1e-9;
constexpr const char* kNothing = "–";

/// " 410 parameters are not prunable: 410 bias."
std::string not_prunable(const Experiment& experiment) {
    const auto fact = experiment.facts.find("not prunable");
    return fact == experiment.facts.end() ? "" : fmt::format(" {}.", fact->second);
}

Claim dense_claim(const Experiment& experiment) {
    const std::string title = "Dense network";
    const Level* dense = experiment.dense();
    if (dense == nullptr) return {title, kNothing, {"The dense network is not trained yet."}};
    const Spread test = dense->of(&Stage::test_accuracy);
    return {title,
            fmt::format("{} %", percent(test.mean)),
            {fmt::format("Test accuracy with all {} prunable weights, at the end of training: {}.{}",
                         whole(dense->weights_total()), accuracy(test), not_prunable(experiment))}};
}

/// Chosen by a threshold on means, which alone shows nothing.
std::string dense_sentence(const Finding& finding) {
    const char* words = finding.verdict == Verdict::above     ? "Better than dense"
                        : finding.verdict == Verdict::below   ? "Worse than dense"
                        : finding.verdict == Verdict::matches ? "Matches dense"
                                                              : "Against dense";
    if (finding.verdict != Verdict::unknown)
        return fmt::format("{}: {}.", words, interval(finding.difference));
    return fmt::format("{}: {}; a difference is {}.", words, interval(finding.difference),
                       not_shown(finding));
}

Claim near_claim(const Experiment& experiment) {
    const std::string title = "Fewest weights within 0.5 points of dense";
    const Level* dense = experiment.dense();
    if (dense == nullptr || experiment.ticket()->levels.size() < 2) {
        return {title, kNothing, {"No pruned level is trained yet."}};
    }
    const std::string dense_validation = accuracy(dense->of(&Stage::validation_accuracy));
    const Level* level = sparsest_near_dense(experiment);
    if (level == nullptr) {
        return {title,
                "None",
                {fmt::format("At every pruned level the mean validation accuracy is more than 0.5 "
                             "points below the dense network's {}.",
                             dense_validation)}};
    }
    return {title,
            share(level->share()),
            {fmt::format("Level {} keeps {} of {} weights; its test accuracy is {}.", level->level,
                         whole(level->weights_left()), whole(level->weights_total()),
                         accuracy(level->of(&Stage::test_accuracy))),
             dense_sentence(find(paired(*level, *dense, test_accuracy), tolerance_of(experiment))),
             fmt::format("It was chosen by validation accuracy: {}, dense {}.",
                         accuracy(level->of(&Stage::validation_accuracy)), dense_validation)}};
}

std::string file_sentence(const LatencySeries& series, const LatencyPoint& point) {
    const auto bytes = [](const Spread& size) {
        return format_bytes(static_cast<std::uintmax_t>(size.mean));
    };
    const LatencyPoint* dense = series.find(0);
    if (dense == nullptr) return fmt::format("The exported file takes {}.", bytes(point.file_bytes));
    return fmt::format("The exported file takes {}, the dense network's {}.", bytes(point.file_bytes),
                       bytes(dense->file_bytes));
}

std::string speed_sentence(const LatencySeries& series, const LatencyPoint& point) {
    const bool slower = point.speed_up.high < 1;
    const char* against = !point.speed_up.is_shown() || slower ? "against" : "instead of";
    return fmt::format("{}: {} {} {} on dense kernels{} (n = {}).", series.label(), duration(point.sparse_ms),
                       against, duration(point.dense_ms),
                       slower                       ? ", which is slower"
                       : !point.speed_up.is_shown() ? ", which is no difference"
                                                    : "",
                       point.sparse_ms.count);
}

Claim speed_claim(const Experiment& experiment) {
    const std::string title = "Measured speed-up at that level";
    if (experiment.latencies.empty()) return {title, kNothing, {"No latency was measured in this run."}};
    const Level* level = sparsest_near_dense(experiment);
    if (level == nullptr)
        return {title, kNothing, {"There is no such level; every latency measured is below."}};

    Claim claim{title, "", {}};
    std::vector<std::pair<double, std::string>> figures;
    std::string files;
    for (const LatencySeries& series : experiment.latencies) {
        const LatencyPoint* point = series.find(level->level);
        if (point == nullptr || !std::isfinite(point->speed_up.ratio)) continue;
        figures.emplace_back(point->speed_up.is_shown() ? point->speed_up.ratio : 1.0,
                             times(point->speed_up));
        claim.lines.push_back(speed_sentence(series, *point));
        files = file_sentence(series, *point);
    }
    if (figures.empty())
        return {title, kNothing, {fmt::format("No latency was measured at level {}.", level->level)}};
    // One batch size must not stand for all of them.
    const auto [least, most] = std::ranges::minmax(figures);
    claim.figure =
        least.second == most.second ? least.second : fmt::format("{} to {}", least.second, most.second);
    if (claim.figure.front() == 'n') claim.figure.front() = 'N';
    claim.lines.push_back(files);
    return claim;
}

/// Levels where both arms are trained: those with at most 4 % left, or else the sparsest one.
std::vector<const Level*> compared_levels(const Arm& ticket, const Arm& control) {
    std::vector<const Level*> levels;
    const Level* sparsest = nullptr;
    for (const Level& level : ticket.levels) {
        if (control.find(level.level) == nullptr) continue;
        sparsest = &level;
        if (level.share() < kVerySparse) levels.push_back(&level);
    }
    if (levels.empty() && sparsest != nullptr) levels.push_back(sparsest);
    return levels;
}

std::string verdict_sentence(const Finding& finding) {
    const std::string difference = interval(finding.difference);
    switch (finding.verdict) {
        case Verdict::above:
            return fmt::format("The ticket is better: {}.", difference);
        case Verdict::below:
            return fmt::format("The ticket is worse: {}.", difference);
        case Verdict::matches:
            return fmt::format("They match: {}.", difference);
        case Verdict::unknown:
            break;
    }
    return fmt::format("A difference is {}: {}.", not_shown(finding), difference);
}

struct Comparison {
    std::vector<Verdict> verdicts;  // one a level
    std::string sentence;
};

/// Numbers for the first of the compared levels, which is fixed beforehand; for the others a count.
Comparison compare_with(const Arm& ticket, const Arm& control, double tolerance) {
    Comparison all;
    for (const Level* level : compared_levels(ticket, control)) {
        const Spread ours = level->of(&Stage::test_accuracy);
        const Spread theirs = control.find(level->level)->of(&Stage::test_accuracy);
        const Finding finding = find(paired(*level, *control.find(level->level), test_accuracy), tolerance);
        all.verdicts.push_back(finding.verdict);
        if (all.verdicts.size() > 1) continue;
        all.sentence =
            fmt::format("{} with {} left: {}; ticket: {}. {}", control.label, share(level->share()),
                        accuracy(theirs), accuracy(ours), verdict_sentence(finding));
    }
    const auto count = [&](Verdict verdict) {
        return std::count(all.verdicts.begin(), all.verdicts.end(), verdict);
    };
    if (all.verdicts.empty())
        all.sentence = fmt::format("{}: no level in common with the ticket yet.", control.label);
    if (all.verdicts.size() > 1) {
        all.sentence += fmt::format(
            " Of the {} levels with at most 4 % left it is ahead in this sense at {}, behind at {}.",
            all.verdicts.size(), count(Verdict::above), count(Verdict::below));
    }
    return all;
}

/// Of what the ticket's weights and mask are worth; other arms have sections of their own.
bool is_control(const Arm& arm) { return arm.chance != store::Chance::nothing; }

Claim control_claim(const Experiment& experiment) {
    const std::string title = "Ticket against its controls";
    const Arm* ticket = experiment.ticket();
    if (ticket == nullptr || std::none_of(experiment.arms.begin(), experiment.arms.end(), is_control)) {
        return {title,
                kNothing,
                {"This run has no control (reinitialised or random mask), so it cannot say whether "
                 "the ticket's initial weights or its mask matter."}};
    }
    Claim claim{title, "", {}};
    std::vector<Verdict> verdicts;
    for (const Arm& arm : experiment.arms) {
        if (!is_control(arm)) continue;
        const Comparison comparison = compare_with(*ticket, arm, tolerance_of(experiment));
        verdicts.insert(verdicts.end(), comparison.verdicts.begin(), comparison.verdicts.end());
        claim.lines.push_back(comparison.sentence);
    }
    const auto all = [&](Verdict verdict) {
        return std::all_of(verdicts.begin(), verdicts.end(), [&](Verdict one) { return one == verdict; });
    };
    claim.figure = verdicts.empty()        ? kNothing
                   : all(Verdict::above)   ? "Ticket ahead"
                   : all(Verdict::below)   ? "Ticket behind"
                   : all(Verdict::matches) ? "No difference"
                                           : "No clear lead";
    return claim;
}

}  // namespace

const Level* sparsest_near_dense(const Experiment& experiment) {
    const Level* dense = experiment.dense();
    if (dense == nullptr) return nullptr;
    const double least = dense->of(&Stage::validation_accuracy).mean - kNear - kRounding;
    const Level* best = nullptr;
    for (const Level& level : experiment.ticket()->levels) {
        if (level.level > 0 && level.of(&Stage::validation_accuracy).mean >= least) best = &level;
    }
    return best;
}

std::vector<Claim> claims(const Experiment& experiment) {
    return {dense_claim(experiment), near_claim(experiment), speed_claim(experiment),
            control_claim(experiment)};
}

}  // namespace espalier::report
