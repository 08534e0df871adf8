#include "calibrate/walk/layer_rows.h"

#include <fmt/format.h>

#include "espalier/error.h"
#include "graph/analysis/readers.h"
#include "graph/evaluation.h"

namespace espalier::calibrate {

const Tensor& LayerRows::value(std::size_t batch, const std::string& name) {
    if (walk_.has(batch, name)) return walk_.value(batch, name);
    if (const auto found = moved_.find(name); found != moved_.end()) return found->second;
    const Node* const mover = maker_of(graph_, name);
    if (mover == nullptr || !only_moves(mover->op))
        throw Unsupported(
            fmt::format("calibration: \"{}\" is not known where \"{}\" is cut; --keep leaves it whole", name,
                        site_.weight));
    std::vector<const Tensor*> inputs;
    for (const std::string& from : mover->inputs)
        inputs.push_back(from.empty() ? nullptr : &value(batch, from));
    return moved_.emplace(name, std::move(evaluate(*mover, inputs).front())).first->second;
}

const Tensor& LayerRows::input(const Node& reader, std::size_t batch) {
    return value(batch, reader.inputs[site_.read.input == 0 ? 1 : 0]);
}

InputRows LayerRows::of(const Node& reader, std::size_t batch, ColumnOrder order) {
    const bool is_recurrent = reader.op == "LSTM" || reader.op == "GRU" || reader.op == "RNN";
    if (!is_recurrent)
        return InputRows(reader, site_.read.seen, input(reader, batch), order, site_.read.input);
    std::vector<const Tensor*> inputs;
    for (const std::string& name : reader.inputs)
        inputs.push_back(name.empty() ? nullptr : &value(batch, name));
    if (site_.read.input == 1) {
        rows_ = steps_of(reader, inputs);
        return InputRows(rows_);
    }
    if (recurrent_ != &reader) {
        hidden_.emplace(reader, threads_);
        recurrent_ = &reader;
    }
    rows_ = hidden_->before_steps(inputs);
    return InputRows(rows_);
}

}  // namespace espalier::calibrate
