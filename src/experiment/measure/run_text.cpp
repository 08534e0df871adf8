#include "experiment/measure/run_text.h"

#include <fmt/format.h>

#include "base/text/numbers.h"

namespace espalier::experiment {

std::string to_text(const Outputs& outputs, std::size_t) {
    std::string text;
    for (std::size_t i = 0; i < outputs.tensors.size(); ++i) {
        text += fmt::format("{} {} {}\n", outputs.graph.outputs[i].name, name_of(outputs.tensors[i].dtype()),
                            to_string(outputs.tensors[i].shape()));
    }
    return text;
}

nlohmann::ordered_json to_json(const Outputs& outputs) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < outputs.tensors.size(); ++i) {
        json.push_back({{"name", outputs.graph.outputs[i].name},
                        {"dtype", name_of(outputs.tensors[i].dtype())},
                        {"shape", outputs.tensors[i].shape()}});
    }
    return json;
}

std::string to_text(const DataRun& run, std::size_t) {
    return fmt::format("{} {} examples of {}: {} {:.2f} %, {:.2f} s\n", with_commas(run.examples), run.split,
                       run.dataset, run.is_of_classes ? "accuracy" : "R2", 100 * run.accuracy, run.seconds);
}

nlohmann::ordered_json to_json(const DataRun& run) {
    return {{"dataset", run.dataset},   {"split", run.split},
            {"examples", run.examples}, {run.is_of_classes ? "accuracy" : "r2", run.accuracy},
            {"seconds", run.seconds},   {"output", run.output}};
}

}  // namespace espalier::experiment
