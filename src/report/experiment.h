// A run as the report sees it: replicates gathered into levels, levels into arms, latencies into series.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/report.h"
#include "espalier/store.h"

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
};

struct Arm {
    std::string name;   // as in the store: "reinitialize"
    std::string label;  // as people read it: "Reinitialised"
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
    Spread ratio;      // dense / sparse of each replicate, which were timed in turn
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
    std::map<std::string, std::string> facts;
    std::vector<Arm> arms;  // the ticket first, if there is one
    std::vector<LatencySeries> latencies;
    std::vector<store::Sensitivity> sensitivities;

    const Arm* find_arm(std::string_view name) const;
    const Arm* ticket() const { return find_arm("ticket"); }
    /// Level 0 of the ticket; nullptr while it is not trained.
    const Level* dense() const;
    /// The greatest number of replicates at any level.
    int replicates() const;
    double seconds() const;
};

Experiment gather(const store::Run& run);

}  // namespace espalier::report
