#include "experiment/removal/repair_removed.h"

#include "experiment/removal/for_removal.h"

namespace espalier::experiment {

calibrate::Repaired repair_removed(const Graph& dense, Graph& graph, calibrate::Repair how,
                                   const calibrate::Batches& batches,
                                   const std::map<std::string, Shape>& shapes,
                                   const std::function<void(double)>& told) {
    if (graph.inputs == dense.inputs) return calibrate::repair(dense, graph, how, batches, 0, told);
    Graph sized = dense;
    set_sizes(sized, shapes);
    calibrate::Batches fitting;
    for (const NamedTensors& batch : batches) {
        for (NamedTensors& part : calibrate::divided(sized, batch)) fitting.push_back(std::move(part));
    }
    return calibrate::repair(sized, graph, how, fitting, 0, told);
}

}  // namespace espalier::experiment
