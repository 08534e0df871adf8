// What a cut of an ONNX file came to, as text and JSON.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "espalier/experiment.h"
#include "espalier/mask.h"
#include "espalier/prune.h"
#include "experiment/inspect/work.h"
#include "experiment/prune/outcome.h"
#include "surgery/not_prunable.h"

namespace espalier::experiment {

struct Pruned {
    prune::Plan plan;
    prune::MaskSet before;  // what was zero in the file
    std::vector<surgery::ParameterCount> not_prunable;
    Work work;  // afterwards
    Written written;
    std::optional<CalibrationError> error = {};  // with calibration data
    std::size_t runs = 0;                        // of the network over them
    std::optional<Permutation> order = {};       // where outputs were to be reordered before
};

/// How a file is pruned, beside what is cut.
struct PruneFile {
    std::filesystem::path output;
    std::map<std::string, Shape> shapes = {};  // at which multiply-adds are counted where dimensions are open
    std::vector<std::string> without = {};     // passes
    std::filesystem::path calibrate = {};      // as read_calibration() takes it, "" for none
    bool permute = false;                      // outputs first, as permute() does
    bool as_halves = false;                    // constants are stored as f16
};

/// Cuts the network of an ONNX file and writes it, made to be run. Throws as cut() and permute() do, and
/// InvalidArgument or InvalidModel where the target is in multiply-adds that are not known.
Pruned prune_file(const std::filesystem::path& model, const Cut& how, const PruneFile& file,
                  const Watch& watch = {});

/// In `width` columns, 0: as many as it takes.
std::string to_text(const Pruned& pruned, std::size_t width);
nlohmann::ordered_json to_json(const Pruned& pruned);

}  // namespace espalier::experiment
