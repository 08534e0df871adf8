// Measured latency against weights left, dense and sparse, one plot a batch size and number of threads.
#include "report/figures/series.h"

namespace espalier::report::sections_::latency_ {
namespace {

Json points_of(const LatencySeries& series) {
    Json points = Json::array();
    for (const LatencyPoint& point : series.points) {
        points.push_back({{"level", point.level},
                          {"share", 100 * point.share},
                          {"left", point.weights_left},
                          {"sparse", to_json(point.sparse_ms)},
                          {"dense", to_json(point.dense_ms)},
                          {"speed_up", to_json(point.speed_up)},
                          {"replicates", point.sparse_ms.count},
                          {"bytes", point.file_bytes.mean},
                          {"kernels", point.kernels}});
    }
    return points;
}

Content write(const Experiment& experiment) {
    if (experiment.latencies.empty()) {
        return nothing("No latency was measured in this run, so nothing is said about speed.");
    }
    Json series = Json::array();
    for (const LatencySeries& one : experiment.latencies) {
        series.push_back({{"label", one.label()},
                          {"batch", one.batch},
                          {"threads", one.threads},
                          {"points", points_of(one)}});
    }
    return {"",
            {{"series", std::move(series)}},
            "Time of one whole batch through the exported network, with the kernels chosen for it and, timed "
            "in turn, on dense kernels only. Where the lines part, sparsity pays. Lines are medians, bands "
            "reach from the 10th to the 90th percentile."};
}

}  // namespace

extern const Section latency{.name = "latency",
                             .summary = "measured latency against weights left, dense and sparse",
                             .title = "Measured latency",
                             .link = "Latency",
                             .position = 40,
                             .write = write};

}  // namespace espalier::report::sections_::latency_
