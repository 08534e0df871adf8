#include "report/experiment.h"

#include <fmt/format.h>

#include <algorithm>

namespace espalier::report {
namespace {

template <class Items, class Value>
std::vector<double> values_of(const Items& items, Value value) {
    std::vector<double> values;
    values.reserve(items.size());
    for (const auto& item : items) values.push_back(static_cast<double>(value(item)));
    return values;
}

std::string label_of(const std::string& arm) {
    if (arm == "ticket") return "Ticket";
    if (arm == "reinitialize") return "Reinitialised";
    if (arm == "random-mask") return "Random mask";
    return arm;
}

/// The ticket first, then what it is compared with, in the order that the papers name them.
int rank_of(const Arm& arm) {
    if (arm.name == "ticket") return 0;
    if (arm.name == "reinitialize") return 1;
    if (arm.name == "random-mask") return 2;
    return 3;
}

/// `stages` come by arm, level and replicate.
std::vector<Arm> arms_of(std::vector<store::Stage> stages) {
    std::vector<Arm> arms;
    for (store::Stage& stage : stages) {
        if (stage.weights_total() == 0) continue;  // nothing prunable: no share to plot it at
        if (arms.empty() || arms.back().name != stage.arm) {
            arms.push_back({stage.arm, label_of(stage.arm), {}});
        }
        std::vector<Level>& levels = arms.back().levels;
        if (levels.empty() || levels.back().level != stage.level) levels.push_back({stage.level, {}});
        levels.back().replicates.push_back(std::move(stage));
    }
    std::stable_sort(arms.begin(), arms.end(),
                     [](const Arm& a, const Arm& b) { return rank_of(a) < rank_of(b); });
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
    point.ratio =
        spread(values_of(replicates, [](const Latency& one) { return one.dense_median_ms / one.median_ms; }));
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

double Experiment::seconds() const {
    double sum = 0;
    for (const Arm& arm : arms) {
        for (const Level& level : arm.levels) {
            for (const store::Stage& stage : level.replicates) sum += stage.seconds;
        }
    }
    return sum;
}

Experiment gather(const store::Run& run) {
    Experiment experiment;
    experiment.folder = run.folder();
    experiment.recipe = run.recipe();
    experiment.facts = run.facts();
    experiment.title = title_of(experiment.facts, run.folder());
    experiment.arms = arms_of(run.stages());
    experiment.latencies = latencies_of(run.latencies(), experiment.ticket());
    experiment.sensitivities = run.sensitivities();
    return experiment;
}

}  // namespace espalier::report
