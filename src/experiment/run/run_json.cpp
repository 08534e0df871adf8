#include "experiment/run/run_json.h"

#include "report/speed_up.h"
#include "store/tables/score_name.h"

namespace espalier::experiment {

using Json = nlohmann::ordered_json;

nlohmann::ordered_json to_json(const store::Run& run, const std::filesystem::path& report) {
    Json stages = Json::array();
    const std::string score = store::score_key(run.facts());
    for (const store::Stage& stage : run.stages()) {
        Json metrics = Json::object();
        for (const store::MetricValue& value : stage.metrics)
            metrics[value.name] = {{"validation", value.validation}, {"test", value.test}};
        stages.push_back({{"arm", stage.arm},
                          {"level", stage.level},
                          {"replicate", stage.replicate},
                          {"weights_left", stage.weights_left()},
                          {"weights", stage.weights_total()},
                          {"validation_" + score, stage.validation_accuracy},
                          {"test_" + score, stage.test_accuracy},
                          {"best_step", stage.best_step},
                          {"best_test_" + score, stage.best_test_accuracy},
                          {"metrics", metrics},
                          {"seconds", stage.seconds},
                          {"hash", stage.hash}});
    }
    Json latencies = Json::array();
    for (const store::Latency& latency : run.latencies()) {
        latencies.push_back({{"level", latency.level},
                             {"replicate", latency.replicate},
                             {"batch", latency.batch},
                             {"threads", latency.threads},
                             {"median_ms", latency.median_ms},
                             {"dense_median_ms", latency.dense_median_ms},
                             {"speedup", latency.dense_median_ms / latency.median_ms},
                             {"speedup_interval", report::to_json(report::speed_up_of(latency))},
                             {"file_bytes", latency.file_bytes},
                             {"kernels", latency.kernels}});
    }
    return {{"run", run.folder().string()},
            {"report", report.string()},
            {"stages", stages},
            {"latencies", latencies}};
}

}  // namespace espalier::experiment
