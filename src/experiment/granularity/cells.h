// The cells of a study, what is known of each, and where it is kept.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "experiment/granularity/study.h"

namespace espalier::experiment {

/// Cells to measure, in order: a granularity without groups is not permuted, a pattern has one sparsity.
/// Throws InvalidArgument for a granularity or a sparsity that is none.
std::vector<StudyCell> cells_of(const StudyPlan& plan);

/// A file name: "4x1-permuted-0.9".
std::string key_of(const StudyCell& cell);

/// A cut by magnitude, the same share of every layer that is not kept.
Cut cut_of(const StudyCell& cell, const StudyPlan& plan);

/// Times the network of the cell and fills in all that it says of layers and work.
void measure(StudyCell& cell, const Graph& graph, const StudyPlan& plan);

/// Keeps cells in a folder. What determines their numbers, `identity`, stands in study.json there.
class CellStore {
  public:
    /// Throws InvalidArgument if the folder is of another study, and IoError.
    CellStore(std::filesystem::path folder, const nlohmann::ordered_json& identity);

    const std::filesystem::path& folder() const { return folder_; }
    std::optional<StudyCell> find(const StudyCell& cell) const;
    void keep(const StudyCell& cell) const;

  private:
    std::filesystem::path path_of(const StudyCell& cell) const;
    std::filesystem::path folder_;
};

/// Every cell, from the store or else made by `make`, which is given it as planned.
std::vector<StudyCell> all_cells(const StudyPlan& plan, const CellStore& store, const Watch& watch,
                                 const std::function<void(StudyCell& cell)>& make);

}  // namespace espalier::experiment
