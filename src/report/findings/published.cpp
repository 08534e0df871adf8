#include "report/findings/published.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/text.h"

namespace espalier::report {
namespace {

using Parts = std::vector<Part>;

constexpr const char* kFrankle2019 = "Frankle & Carbin 2019";
constexpr const char* kFrankle2020 = "Frankle et al. 2020";

std::string signed_value(double value, Measured unit) {
    const std::string text = unit == Measured::points ? percent(std::abs(value)) : whole(std::abs(value));
    return (value < 0 ? "−" : "+") + text;
}

const Arm* first_of(const std::vector<const Arm*>& arms) { return arms.empty() ? nullptr : arms.front(); }

/// All levels of a and b with at most `share` left, as one mean a replicate, and a count of single levels.
Part over_levels(const Experiment& experiment, const std::string& what, const Arm& a, const Arm& b,
                 double share, Part (*decide)(const std::string&, const Finding&, Measured)) {
    const std::vector<int> levels = common_levels(a, b, share);
    if (levels.empty()) {
        return missing(
            fmt::format("{}: no level with at most {} left in common", what, report::share(share)));
    }
    const double tolerance = tolerance_of(experiment);
    const auto one = [&](std::span<const int> some) {
        return decide(what, find(paired(a, b, some, test_accuracy), tolerance), Measured::points);
    };
    Part part = one(levels);
    if (levels.size() == 1) {
        part.text += fmt::format(", at level {}", levels.front());
        return part;
    }
    int held = 0;
    int failed = 0;
    for (const int& level : levels) {
        const Answer answer = one({&level, 1}).answer;
        held += answer == Answer::holds ? 1 : 0;
        failed += answer == Answer::fails ? 1 : 0;
    }
    part.text += fmt::format(", mean of {0} levels; each alone, it holds at {1} of the {0} and fails at {2}",
                             levels.size(), held, failed);
    return part;
}

/// The same against an arm that may not be there.
Part set_against(const Experiment& experiment, const char* a, const char* b, double share,
                 Part (*decide)(const std::string&, const Finding&, Measured)) {
    for (const char* name : {a, b}) {
        if (experiment.find_arm(name) == nullptr)
            return missing(fmt::format("needs the control \"{}\"", name));
    }
    const Arm& ours = *experiment.find_arm(a);
    const Arm& theirs = *experiment.find_arm(b);
    return over_levels(experiment, fmt::format("{} − {}", ours.label, theirs.label), ours, theirs, share,
                       decide);
}

Parts stops_earlier(const Experiment& experiment) {
    const Level* level = level_near(*experiment.ticket(), 0.2);
    if (level == nullptr) return {missing("needs a level near 20 % left")};
    const Difference sooner = paired(*experiment.dense(), *level, best_step);
    return {greater(fmt::format("Dense − ticket at {}, step of least validation loss", share(level->share())),
                    find(sooner, tolerance_of(experiment, best_step)), Measured::steps)};
}

Parts as_accurate(const Experiment& experiment) {
    const Level* level = level_near(*experiment.ticket(), 0.135);
    if (level == nullptr) return {missing("needs a level near 13.5 % left")};
    return {at_least(fmt::format("Ticket at {} − dense", share(level->share())),
                     find(paired(*level, *experiment.dense(), test_accuracy), tolerance_of(experiment)))};
}

Parts reinitialized_behind(const Experiment& experiment) {
    return {set_against(experiment, "ticket", "reinitialize", 0.215, greater)};
}

Parts order(const Experiment& experiment) {
    const char* random =
        experiment.find_arm("random-mask") == nullptr && experiment.find_arm("random-mask-global")
            ? "random-mask-global"
            : "random-mask";
    return {set_against(experiment, "ticket", "reinitialize", 0.1, greater),
            set_against(experiment, "reinitialize", random, 0.1, greater)};
}

Parts one_shot_loses(const Experiment& experiment) {
    const Arm* one_shot =
        first_of(experiment.arms_where([](const Recipe& recipe) { return recipe.prune.one_shot; }));
    const Arm* iterative =
        first_of(experiment.arms_where([](const Recipe& recipe) { return !recipe.prune.one_shot; }));
    if (one_shot == nullptr) return {missing("needs an arm with prune.one_shot = true")};
    if (iterative == nullptr) return {missing("needs an arm with prune.one_shot = false")};
    return {over_levels(experiment, fmt::format("{} − {}", iterative->label, one_shot->label), *iterative,
                        *one_shot, 0.05, greater)};
}

Part barrier_part(const Experiment& experiment, int level, const std::string& what) {
    constexpr double kOnePoint = 0.01;
    std::vector<double> room;
    for (const store::Stability& one : experiment.stabilities) {
        if (one.level == level && one.step == 0) room.push_back(kOnePoint - one.test_barrier());
    }
    if (room.empty())
        return missing(fmt::format("needs experiment.stability with \"0it\" at level {}", level));
    const Finding finding = find(difference(room), 0);
    Part part = greater(what, finding);
    const Difference& left = finding.difference;
    part.text = left.count < 2 ? fmt::format("{}: {} points (n = 1)", what, percent(kOnePoint - left.mean))
                               : fmt::format("{}: {} points (95 % interval {} to {}, n = {})", what,
                                             percent(kOnePoint - left.mean), percent(kOnePoint - left.high()),
                                             percent(kOnePoint - left.low()), left.count);
    return part;
}

Parts barrier_at_zero(const Experiment& experiment) {
    Parts parts{barrier_part(experiment, 0, "Test barrier of the dense network from step 0")};
    const Level* level = level_near(*experiment.ticket(), 0.135);
    const auto at_level = [&](const store::Stability& one) { return level && one.level == level->level; };
    if (std::any_of(experiment.stabilities.begin(), experiment.stabilities.end(), at_level)) {
        parts.push_back(barrier_part(experiment, level->level,
                                     fmt::format("Of the ticket at {} from step 0", share(level->share()))));
    }
    return parts;
}

bool rewinds_weights(const Recipe& recipe) {
    return recipe.retrain.mode == "rewind-weights" && !recipe.prune.one_shot;
}

Parts later_rewinding(const Experiment& experiment) {
    const Arm* zero = nullptr;
    std::vector<const Arm*> later;
    for (const Arm* arm : experiment.arms_where(rewinds_weights)) {
        const Length to = experiment.settings_of(arm->name)->retrain.to;
        if (to == Length{}) {
            if (zero == nullptr) zero = arm;
        } else {
            later.push_back(arm);
        }
    }
    if (zero == nullptr) return {missing("needs an arm with retrain.to = \"0it\"")};
    if (later.empty()) return {missing("needs an arm with retrain.to above 0")};
    Parts parts;
    for (const Arm* arm : later) {
        parts.push_back(over_levels(experiment,
                                    fmt::format("Rewound to {} − reset to 0",
                                                experiment.settings_of(arm->name)->retrain.to.to_string()),
                                    *arm, *zero, 0.1, greater));
    }
    return parts;
}

Part by_mode(const Experiment& experiment, bool (*ours)(const Recipe&), const char* our_mode,
             bool (*theirs)(const Recipe&), const char* their_mode,
             Part (*decide)(const std::string&, const Finding&, Measured)) {
    const Arm* a = first_of(experiment.arms_where(ours));
    const Arm* b = first_of(experiment.arms_where(theirs));
    for (const auto& [arm, mode] : {std::pair{a, our_mode}, {b, their_mode}}) {
        if (arm == nullptr) return missing(fmt::format("needs an arm with retrain.mode = \"{}\"", mode));
    }
    return over_levels(experiment, fmt::format("{} − {}", a->label, b->label), *a, *b, 0.2, decide);
}

bool rewinds_rate(const Recipe& recipe) { return recipe.retrain.mode == "rewind-learning-rate"; }
bool fine_tunes(const Recipe& recipe) { return recipe.retrain.mode == "fine-tune" && !recipe.prune.one_shot; }

Parts rate_rewinding(const Experiment& experiment) {
    return {by_mode(experiment, rewinds_rate, "rewind-learning-rate", rewinds_weights, "rewind-weights",
                    at_least)};
}

Parts rewinding_over_fine_tuning(const Experiment& experiment) {
    return {by_mode(experiment, rewinds_weights, "rewind-weights", fine_tunes, "fine-tune", greater)};
}

Parts signs_matter(const Experiment& experiment) {
    return {set_against(experiment, "reinitialize-signs", "reinitialize", 0.1, greater)};
}

Parts signs_suffice(const Experiment& experiment) {
    return {set_against(experiment, "constant-signs", "ticket", 0.2, at_least)};
}

Parts trained_signs_suffice(const Experiment& experiment) {
    return {set_against(experiment, "signs-and-norms", "ticket", 0.2, at_least)};
}

Parts matching_transfers(const Experiment& experiment) {
    return {set_against(experiment, "matched-mask", "other-mask", 0.2, greater)};
}

Parts one_cycle_suffices(const Experiment& experiment) {
    return {set_against(experiment, "single-cycle", "ticket", 0.2, at_least)};
}

Parts twelve_times_fewer(const Experiment& experiment) {
    const Arm* arm = first_of(experiment.arms_where(fine_tunes));
    if (arm == nullptr) return {missing("needs an arm with retrain.mode = \"fine-tune\"")};
    const Level* level = level_near(*arm, 1.0 / 12);
    const Level* dense = arm->find(0);
    if (level == nullptr || dense == nullptr)
        return {missing("needs levels 0 and near 8.3 % left of that arm")};
    return {at_least(fmt::format("{} at {} − dense", arm->label, share(level->share())),
                     find(paired(*level, *dense, test_accuracy), tolerance_of(experiment)))};
}

struct Entry {
    const char* source;
    const char* claim;
    Parts (*check)(const Experiment& experiment);
};
constexpr Entry kEntries[] = {
    {kFrankle2019, "A ticket with about 20 % left stops earlier than the dense network", stops_earlier},
    {kFrankle2019, "A ticket with 13.5 % left is at least as accurate as the dense network", as_accurate},
    {kFrankle2019, "Reinitialised tickets fall behind from about 20 % left", reinitialized_behind},
    {kFrankle2019, "Ticket > reinitialised > random mask at 10 % left and below", order},
    {kFrankle2019, "One-shot pruning loses to iterative at 5 % left and below", one_shot_loses},
    {kFrankle2020, "The network is stable from step 0: a barrier under 1 point", barrier_at_zero},
    {kFrankle2020, "Rewinding to a later step beats resetting to step 0 at 10 % left and below",
     later_rewinding},
    {"Renda et al. 2020", "Rewinding the learning rate is at least as good as rewinding weights",
     rate_rewinding},
    {"Renda et al. 2020", "Rewinding weights beats fine-tuning", rewinding_over_fine_tuning},
    {"Zhou et al. 2019", "Fresh weights with the ticket's signs beat fresh weights without them",
     signs_matter},
    {"Zhou et al. 2019", "Initial signs with one magnitude a layer do as well as the ticket", signs_suffice},
    {"Oh et al. 2025, Gadhikar et al. 2025",
     "A mask with the signs and the normalisation that training found suffices, whatever the magnitudes",
     trained_signs_suffice},
    {"Adnan et al. 2025", "A mask serves another initialisation better once it is permuted to fit",
     matching_transfers},
    {"Gale et al. 2019", "Pruned gradually in one training, a network is as good as a ticket of many",
     one_cycle_suffices},
    {"Han et al. 2015", "12 times fewer weights, fine-tuned, cost no accuracy", twelve_times_fewer},
};

Part decided(const std::string& what, const Finding& finding, Measured unit, bool holds, bool fails) {
    Part part{holds   ? Answer::holds
              : fails ? Answer::fails
                      : Answer::not_shown,
              fmt::format("{}: {}", what, interval(finding.difference, unit)), ""};
    if (part.answer == Answer::not_shown) part.count = not_shown(finding);
    return part;
}

}  // namespace

Part missing(const std::string& what) { return {Answer::missing, what, ""}; }

Part greater(const std::string& what, const Finding& finding, Measured unit) {
    return decided(what, finding, unit, finding.verdict == Verdict::above,
                   finding.verdict == Verdict::below || finding.verdict == Verdict::matches);
}

Part at_least(const std::string& what, const Finding& finding, Measured unit) {
    const bool within = finding.tolerance > 0 && finding.difference.low() >= -finding.tolerance;
    const bool holds = finding.verdict == Verdict::above || within;
    return decided(what, finding, unit, holds, finding.verdict == Verdict::below);
}

double tolerance_of(const Experiment& experiment, Value value) {
    std::vector<double> values;
    if (experiment.dense() == nullptr) return 0;
    for (const store::Stage& stage : experiment.dense()->replicates) values.push_back(value(stage));
    return spread(values).deviation;
}

std::string interval(const Difference& difference, Measured unit) {
    if (difference.count == 0) return "no replicate in common";
    if (!std::isfinite(difference.mean)) return fmt::format("not a number (n = {})", difference.count);
    const std::string noun = unit == Measured::points ? "points" : "steps";
    if (difference.count == 1) return fmt::format("{} {} (n = 1)", signed_value(difference.mean, unit), noun);
    return fmt::format("{} {} (95 % interval {} to {}, n = {})", signed_value(difference.mean, unit), noun,
                       signed_value(difference.low(), unit), signed_value(difference.high(), unit),
                       difference.count);
}

const char* name_of(Answer answer) {
    switch (answer) {
        case Answer::holds:
            return "holds";
        case Answer::fails:
            return "fails";
        case Answer::missing:
            return "missing";
        case Answer::not_shown:
            break;
    }
    return "unknown";
}

Answer Published::answer() const {
    const auto any = [&](Answer answer) {
        return std::any_of(parts.begin(), parts.end(),
                           [&](const Part& part) { return part.answer == answer; });
    };
    for (const Answer answer : {Answer::missing, Answer::fails, Answer::not_shown}) {
        if (any(answer)) return answer;
    }
    return Answer::holds;
}

std::string Published::verdict() const {
    switch (answer()) {
        case Answer::holds:
            return "holds";
        case Answer::fails:
            return "does not hold";
        case Answer::missing:
            return "not tested";
        case Answer::not_shown:
            break;
    }
    return std::find_if(parts.begin(), parts.end(), [](const Part& part) { return !part.count.empty(); })
        ->count;
}

std::vector<Published> published(const Experiment& experiment) {
    std::vector<Published> all;
    for (const Entry& entry : kEntries) {
        all.push_back({entry.source, entry.claim,
                       experiment.dense() == nullptr ? Parts{missing("needs the dense network")}
                                                     : entry.check(experiment)});
    }
    return all;
}

}  // namespace espalier::report
