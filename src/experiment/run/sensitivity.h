// What cutting each layer alone costs, as it is shown.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "espalier/prune.h"
#include "espalier/store.h"

namespace espalier::experiment {

struct SensitivityMeans {
    std::vector<std::string> layers;  // in the order of the network
    prune::Sensitivity points;        // means over replicates
    std::string score = "accuracy";   // what their accuracies are (store/tables/score_name.h)
};

SensitivityMeans means_of(const std::vector<store::Sensitivity>& points);

/// [{name, points: [{sparsity, loss, accuracy}]}]
nlohmann::ordered_json to_json(const SensitivityMeans& means);
/// Accuracies by layer and sparsity, in `width` columns, 0: as many as it takes.
std::string to_text(const SensitivityMeans& means, std::size_t width);

}  // namespace espalier::experiment
