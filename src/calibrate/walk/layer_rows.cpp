#include "calibrate/walk/layer_rows.h"

namespace espalier::calibrate {

const Tensor& LayerRows::input(const Node& reader, std::size_t batch) const {
    return walk_.value(batch, reader.inputs[site_.read.input == 0 ? 1 : 0]);
}

InputRows LayerRows::of(const Node& reader, std::size_t batch, ColumnOrder order) {
    const bool is_recurrent = reader.op == "LSTM" || reader.op == "GRU" || reader.op == "RNN";
    if (!is_recurrent || site_.read.input != 2)
        return InputRows(reader, site_.read.seen, input(reader, batch), order, site_.read.input);
    if (recurrent_ != &reader) {
        hidden_.emplace(reader, threads_);
        recurrent_ = &reader;
    }
    std::vector<const Tensor*> inputs;
    for (const std::string& name : reader.inputs)
        inputs.push_back(name.empty() ? nullptr : &walk_.value(batch, name));
    states_ = hidden_->before_steps(inputs);
    return InputRows(states_);
}

}  // namespace espalier::calibrate
