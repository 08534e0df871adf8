// What a removal of structure came to, as text and JSON.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "calibrate/repair.h"
#include "espalier/experiment.h"
#include "experiment/inspect/work.h"

namespace espalier::experiment {

/// Throws InvalidArgument for a criterion of single weights, and for data that nothing reads.
void check_removal(const Cut& how, calibrate::Repair repair, bool has_data);

struct RemovedFile {
    Removal removal;
    bool in_milliseconds = false;  // its goal
    std::int64_t parameters_before = 0, parameters = 0;
    Work work_before, work;
    std::uintmax_t bytes_before = 0;
    Written written;
    std::optional<calibrate::Repaired> repaired = {};
};

/// Removes structure from the network of an ONNX file and writes it to `output`, made to be run. With
/// `target` in the place of the sparsity of `how`. `calibrate` ("" for none) are data as read_calibration()
/// takes them, for criteria that need some and for repair.
RemovedFile remove_from_file(const std::filesystem::path& model, const Cut& how, const RemovalTarget* target,
                             const std::filesystem::path& output,
                             const std::vector<std::string>& without = {}, const Watch& watch = {},
                             calibrate::Repair repair = calibrate::Repair::none,
                             const std::filesystem::path& calibrate = {}, bool as_halves = false);

/// In `width` columns, 0: as many as it takes.
std::string to_text(const RemovedFile& removed, std::size_t width);
nlohmann::ordered_json to_json(const RemovedFile& removed);

}  // namespace espalier::experiment
