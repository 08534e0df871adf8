#include "report/findings/experiment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "espalier/error.h"

namespace espalier::report {
namespace {

template <class Items, class Value>
std::vector<double> values_of(const Items& items, Value value) {
    std::vector<double> values;
    values.reserve(items.size());
    for (const auto& item : items) values.push_back(static_cast<double>(value(item)));
    return values;
}

constexpr const char* kTicket = "ticket";

/// Study "rewinding" names arms by the part of the step that they rewind to.
std::optional<std::string> rewound(const std::string& arm, const std::optional<Recipe>& recipe) {
    if (!recipe || (arm != "half" && arm != "double")) return {};
    const auto at = std::ranges::find(recipe->arms, arm, &Recipe::arm);
    if (at == recipe->arms.end() || at->retrain.mode != "rewind-weights") return {};
    return fmt::format("Rewound to {}", at->retrain.to.to_string());
}

std::string label_of(const std::string& arm, const std::optional<Recipe>& recipe) {
    if (const auto label = rewound(arm, recipe)) return *label;
    std::string label = arm;  // "one-shot" -> "One-shot"
    if (!label.empty() && label[0] >= 'a' && label[0] <= 'z') label[0] = static_cast<char>(label[0] - 32);
    return label;
}

/// The ticket, its first controls, arms of the recipe, other controls.
int rank_of(const Arm& arm, const store::ControlFact* control, const std::optional<Recipe>& recipe) {
    constexpr int kArms = 1000;
    if (arm.name == kTicket) return 0;
    if (control != nullptr)
        return control->position < store::kBehindArms ? control->position : 2 * kArms + control->position;
    if (!recipe) return 3 * kArms;
    const auto at = std::ranges::find(recipe->arms, arm.name, &Recipe::arm);
    if (at == recipe->arms.end()) return 3 * kArms;
    return kArms + static_cast<int>(std::min<std::ptrdiff_t>(at - recipe->arms.begin(), kArms - 1));
}

/// `stages` come by arm, level and replicate.
std::vector<Arm> arms_of(std::vector<store::Stage> stages, const std::optional<Recipe>& recipe,
                         const std::vector<store::ControlFact>& controls) {
    const auto control_of = [&](const std::string& arm) {
        const auto at = std::ranges::find(controls, arm, &store::ControlFact::name);
        return at == controls.end() ? nullptr : &*at;
    };
    std::vector<Arm> arms;
    for (store::Stage& stage : stages) {
        if (stage.weights_total() == 0) continue;  // nothing prunable: no share to plot it at
        if (arms.empty() || arms.back().name != stage.arm) {
            const store::ControlFact* control = control_of(stage.arm);
            arms.push_back({.name = stage.arm,
                            .label = control == nullptr ? label_of(stage.arm, recipe) : control->label,
                            .chance = control == nullptr ? store::Chance::nothing : control->chance,
                            .levels = {}});
        }
        std::vector<Level>& levels = arms.back().levels;
        if (levels.empty() || levels.back().level != stage.level) levels.push_back({stage.level, {}});
        levels.back().replicates.push_back(std::move(stage));
    }
    std::ranges::stable_sort(arms, {},
                             [&](const Arm& arm) { return rank_of(arm, control_of(arm.name), recipe); });
    return arms;
}

/// Mean of the medians; the band covers every replicate's own spread.
Spread around(const std::vector<store::Latency>& replicates, double store::Latency::*median,
              double store::Latency::*low, double store::Latency::*high) {
    const auto all = [&](double store::Latency::*member) {
        return spread(values_of(replicates, [&](const store::Latency& one) { return one.*member; }));
    };
    const Spread middle = all(median);
    return {middle.mean, all(low).low, all(high).high, middle.count};
}

LatencyPoint point_of(const Level& level, const std::vector<store::Latency>& replicates) {
    using store::Latency;
    LatencyPoint point;
    point.level = level.level;
    point.weights_left = level.weights_left();
    point.share = level.share();
    point.sparse_ms = around(replicates, &Latency::median_ms, &Latency::low_ms, &Latency::high_ms);
    point.dense_ms =
        around(replicates, &Latency::dense_median_ms, &Latency::dense_low_ms, &Latency::dense_high_ms);
    std::vector<SpeedUp> speed_ups;
    for (const Latency& one : replicates) speed_ups.push_back(speed_up_of(one));
    point.speed_up = over_replicates(speed_ups);
    point.file_bytes = spread(values_of(replicates, [](const Latency& one) { return one.file_bytes; }));
    point.kernels = replicates.front().kernels;
    return point;
}

std::vector<LatencySeries> latencies_of(const std::vector<store::Latency>& latencies, const Arm* ticket) {
    if (ticket == nullptr) return {};
    std::map<std::pair<std::int64_t, int>, std::map<int, std::vector<store::Latency>>> groups;
    for (const store::Latency& one : latencies) {
        if (ticket->find(one.level) != nullptr) groups[{one.batch, one.threads}][one.level].push_back(one);
    }
    std::vector<LatencySeries> all;
    for (const auto& [key, levels] : groups) {
        LatencySeries series{key.first, key.second, {}};
        for (const auto& [level, replicates] : levels) {
            series.points.push_back(point_of(*ticket->find(level), replicates));
        }
        all.push_back(std::move(series));
    }
    return all;
}

std::string title_of(const std::map<std::string, std::string>& facts, const std::filesystem::path& folder) {
    const auto network = facts.find("network");
    const auto dataset = facts.find("dataset");
    if (network != facts.end() && dataset != facts.end()) {
        return fmt::format("{} on {}", network->second, dataset->second);
    }
    const std::filesystem::path whole = std::filesystem::absolute(folder).lexically_normal();
    return (whole.has_filename() ? whole : whole.parent_path()).filename().string();  // "runs/demo/" too
}

}  // namespace

double Level::weights_left() const {
    return spread(values_of(replicates, [](const store::Stage& one) { return one.weights_left(); })).mean;
}

double Level::weights_total() const {
    return spread(values_of(replicates, [](const store::Stage& one) { return one.weights_total(); })).mean;
}

Spread Level::of(double store::Stage::*member) const {
    return spread(values_of(replicates, [&](const store::Stage& one) { return one.*member; }));
}

Spread Level::of(std::int64_t store::Stage::*member) const {
    return spread(values_of(replicates, [&](const store::Stage& one) { return one.*member; }));
}

Spread Level::of_metric(std::string_view name) const {
    std::vector<double> values;
    for (const store::Stage& one : replicates) {
        for (const store::MetricValue& value : one.metrics) {
            if (value.name == name) values.push_back(value.test);
        }
    }
    return values.empty() ? Spread{} : spread(values);
}

const store::Stage* Level::find(int replicate) const {
    const auto at = std::find_if(replicates.begin(), replicates.end(),
                                 [&](const store::Stage& one) { return one.replicate == replicate; });
    return at == replicates.end() ? nullptr : &*at;
}

const Level* Arm::find(int level) const {
    const auto at =
        std::find_if(levels.begin(), levels.end(), [&](const Level& one) { return one.level == level; });
    return at == levels.end() ? nullptr : &*at;
}

const LatencyPoint* LatencySeries::find(int level) const {
    const auto at = std::find_if(points.begin(), points.end(),
                                 [&](const LatencyPoint& one) { return one.level == level; });
    return at == points.end() ? nullptr : &*at;
}

std::string LatencySeries::label() const {
    return fmt::format("Batch {}, {} {}", batch, threads, threads == 1 ? "thread" : "threads");
}

const Arm* Experiment::find_arm(std::string_view name) const {
    const auto at = std::find_if(arms.begin(), arms.end(), [&](const Arm& one) { return one.name == name; });
    return at == arms.end() ? nullptr : &*at;
}

const Level* Experiment::dense() const { return ticket() == nullptr ? nullptr : ticket()->find(0); }

int Experiment::replicates() const {
    std::size_t most = 0;
    for (const Arm& arm : arms) {
        for (const Level& level : arm.levels) most = std::max(most, level.replicates.size());
    }
    return static_cast<int>(most);
}

std::vector<store::MetricValue> Experiment::metrics() const {
    const Level* level = dense();
    return level == nullptr ? std::vector<store::MetricValue>() : level->replicates.front().metrics;
}

double Experiment::seconds() const {
    double sum = 0;
    for (const Arm& arm : arms) {
        for (const Level& level : arm.levels) {
            for (const store::Stage& stage : level.replicates) sum += stage.seconds;
        }
    }
    return sum;
}

const Recipe* Experiment::settings_of(std::string_view arm) const {
    if (!settings) return nullptr;
    if (arm == kTicket) return &*settings;
    const auto at = std::find_if(settings->arms.begin(), settings->arms.end(),
                                 [&](const Recipe& one) { return one.arm == arm; });
    return at == settings->arms.end() ? nullptr : &*at;
}

std::vector<const Arm*> Experiment::arms_where(bool (*is)(const Recipe& recipe)) const {
    std::vector<const Arm*> found;
    for (const Arm& arm : arms) {
        const Recipe* recipe = settings_of(arm.name);
        if (recipe != nullptr && is(*recipe)) found.push_back(&arm);
    }
    return found;
}

std::filesystem::path Experiment::file_of(const store::Stage& stage, std::string_view name) const {
    return folder / "stages" / stage.hash / name;
}

Difference paired(const Arm& a, const Arm& b, std::span<const int> levels, Value value) {
    std::vector<double> differences;
    if (levels.empty()) return difference(differences);
    const Level* first = a.find(levels.front());
    for (const store::Stage& stage : first->replicates) {
        double sum = 0;
        bool complete = true;
        for (const int level : levels) {
            const store::Stage* ours = a.find(level)->find(stage.replicate);
            const store::Stage* theirs = b.find(level)->find(stage.replicate);
            complete = complete && ours != nullptr && theirs != nullptr;
            if (complete) sum += value(*ours) - value(*theirs);
        }
        if (complete) differences.push_back(sum / static_cast<double>(levels.size()));
    }
    return difference(differences);
}

Difference paired(const Level& a, const Level& b, Value value) {
    std::vector<double> differences;
    for (const store::Stage& ours : a.replicates) {
        const store::Stage* theirs = b.find(ours.replicate);
        if (theirs != nullptr) differences.push_back(value(ours) - value(*theirs));
    }
    return difference(differences);
}

std::vector<int> common_levels(const Arm& a, const Arm& b, double share) {
    std::vector<int> levels;
    for (const Level& level : a.levels) {
        const Level* other = b.find(level.level);
        // Half of the last digit that is written, so that "10.0 %" counts as 10 %.
        if (level.level == 0 || other == nullptr || level.share() > share + 0.0005) continue;
        levels.push_back(level.level);
    }
    return levels;
}

const Level* level_near(const Arm& arm, double share) {
    constexpr double kFarthest = 1.25;
    const Level* nearest = nullptr;
    double least = std::log(kFarthest);
    for (const Level& level : arm.levels) {
        const double distance = std::abs(std::log(level.share() / share));
        if (level.level > 0 && distance < least) {
            least = distance;
            nearest = &level;
        }
    }
    return nearest;
}

Experiment gather(const store::Run& run) {
    Experiment experiment;
    experiment.folder = run.folder();
    experiment.recipe = run.recipe();
    experiment.facts = run.facts();
    experiment.title = title_of(experiment.facts, run.folder());
    try {
        experiment.settings = Recipe::from_text(experiment.recipe, "recipe.toml");
    } catch (const BadRecipe& error) {
        experiment.recipe_problem = error.what();
    }
    experiment.arms = arms_of(run.stages(), experiment.settings, store::controls_of(experiment.facts));
    experiment.latencies = latencies_of(run.latencies(), experiment.ticket());
    experiment.sensitivities = run.sensitivities();
    experiment.stabilities = run.stabilities();
    return experiment;
}

}  // namespace espalier::report
