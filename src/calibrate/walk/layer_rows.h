// What a layer of a walk multiplies with its weight, batch by batch.
#pragma once

#include <optional>

#include "calibrate/rows/hidden_states.h"
#include "calibrate/rows/input_rows.h"
#include "calibrate/walk/walk.h"

namespace espalier::calibrate {

class LayerRows {
  public:
    /// All must outlive it; `site` is one of those of `walk` now.
    LayerRows(const Graph& graph, const Walk& walk, const Site& site, int threads)
        : graph_(graph), walk_(walk), site_(site), threads_(threads) {}

    /// Of one of the site's readers; valid until the next call. Throws as InputRows and HiddenStates do.
    InputRows of(const Node& reader, std::size_t batch, ColumnOrder order = ColumnOrder::as_stored);
    /// The other operand.
    const Tensor& input(const Node& reader, std::size_t batch);

  private:
    /// Also of what a weight becomes behind nodes that move it, which no stage has made yet.
    const Tensor& value(std::size_t batch, const std::string& name);

    const Graph& graph_;
    const Walk& walk_;
    const Site& site_;
    int threads_;
    const Node* recurrent_ = nullptr;  // that `hidden_` is of
    std::optional<HiddenStates> hidden_;
    Tensor rows_;
    std::map<std::string, Tensor> moved_;
};

}  // namespace espalier::calibrate
