// A run as the report sees it: replicates gathered into levels, levels into arms, latencies into series.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/recipe.h"
#include "espalier/report.h"
#include "espalier/store.h"
#include "report/findings/statistics.h"
#include "report/speed_up.h"
#include "store/tables/control_fact.h"

namespace espalier::report {

/// All replicates of one level of one arm; never empty.
struct Level {
    int level = 0;
    std::vector<store::Stage> replicates;

    /// Mean over replicates, whose masks may differ in size where a layer hits its floor.
    double weights_left() const;
    double weights_total() const;
    double share() const { return weights_left() / weights_total(); }
    Spread of(double store::Stage::*member) const;
    Spread of(std::int64_t store::Stage::*member) const;
    /// On the test split, of the stages that have it; count 0 if none has.
    Spread of_metric(std::string_view name) const;
    const store::Stage* find(int replicate) const;
};

struct Arm {
    std::string name;   // as in the store: "reinitialize"
    std::string label;  // as people read it: "Reinitialised"
    store::Chance chance = store::Chance::nothing;
    std::vector<Level> levels;

    const Level* find(int level) const;
};

/// One exported level at one batch size and number of threads.
struct LatencyPoint {
    int level = 0;
    double weights_left = 0;
    double share = 0;
    Spread sparse_ms;  // mean of the medians, least 10th and greatest 90th percentile over replicates
    Spread dense_ms;   // the same network on dense kernels only
    SpeedUp speed_up;  // dense / sparse of each replicate, which were timed in turn
    Spread file_bytes;
    std::string kernels;  // of the first replicate
};

struct LatencySeries {
    std::int64_t batch = 0;
    int threads = 0;
    std::vector<LatencyPoint> points;

    const LatencyPoint* find(int level) const;
    /// "Batch 1, 2 threads"
    std::string label() const;
};

struct Experiment {
    std::filesystem::path folder;
    std::string title;
    std::string recipe;
    std::optional<Recipe> settings;  // of the recipe, or
    std::string recipe_problem;      // why this version cannot read it
    std::map<std::string, std::string> facts;
    std::vector<Arm> arms;  // the ticket first, if there is one
    std::vector<LatencySeries> latencies;
    std::vector<store::Sensitivity> sensitivities;
    std::vector<store::Stability> stabilities;

    const Arm* find_arm(std::string_view name) const;
    const Arm* ticket() const { return find_arm("ticket"); }
    /// Level 0 of the ticket; nullptr while it is not trained.
    const Level* dense() const;
    /// The greatest number of replicates at any level.
    int replicates() const;
    double seconds() const;
    /// Those that stages were measured by, in the recipe's order.
    std::vector<store::MetricValue> metrics() const;
    /// The recipe that an arm goes by; nullptr for a control and when the recipe cannot be read.
    const Recipe* settings_of(std::string_view arm) const;
    /// Arms of the recipe, the ticket's own among them, whose recipe is as asked.
    std::vector<const Arm*> arms_where(bool (*is)(const Recipe& recipe)) const;
    /// stages/HASH/NAME
    std::filesystem::path file_of(const store::Stage& stage, std::string_view name) const;
};

using Value = double (*)(const store::Stage& stage);
inline double test_accuracy(const store::Stage& stage) { return stage.test_accuracy; }
inline double best_step(const store::Stage& stage) { return static_cast<double>(stage.best_step); }

/// Of each replicate that both arms have at all of these levels, the mean over the levels of a - b: one
/// number a replicate, so that many levels make no more of a chance difference than one.
Difference paired(const Arm& a, const Arm& b, std::span<const int> levels, Value value);
/// Of one level of one arm against another level of another.
Difference paired(const Level& a, const Level& b, Value value);
/// Levels above 0 that both arms have, with at most `share` left.
std::vector<int> common_levels(const Arm& a, const Arm& b, double share);
/// The pruned level with a share nearest to `share` in ratio; nullptr if none is within a factor of 1.25.
const Level* level_near(const Arm& arm, double share);

Experiment gather(const store::Run& run);

}  // namespace espalier::report
