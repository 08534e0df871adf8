#include "runtime/sparse/panel_layout.h"

#include "kernels/transpose_f32_panel/transpose_f32_panel.h"
#include "runtime/cost_model.h"

namespace espalier::runtime {
namespace {

class ChangeLayout final : public Kernel {
  public:
    ChangeLayout(Layout from, std::int64_t batch, std::int64_t features, int threads)
        : from_(from), panels_{batch}, features_(features), threads_(threads) {}

    void run(std::span<const Operand> inputs, std::span<const Result> outputs, std::byte*) override {
        const auto change = from_ == Layout::row_major ? kernels::to_panels_f32 : kernels::from_panels_f32;
        change(panels_, features_, inputs[0].f32(), outputs[0].f32(), threads_);
    }

  private:
    Layout from_;
    kernels::Panels panels_;
    std::int64_t features_;
    int threads_;
};

}  // namespace

Candidate change_layout(Layout from, std::int64_t batch, std::int64_t features) {
    return {
        .name = "transpose_f32_panel " + kernels::transpose_f32_panel_instruction_set(),
        .input = from,
        .output = from == Layout::row_major ? Layout::panel : Layout::row_major,
        .single_us = predict_transpose_us(batch, features),
        .make = [=](int threads) { return std::make_shared<ChangeLayout>(from, batch, features, threads); }};
}

std::int64_t floats_in(Layout layout, std::int64_t batch, std::int64_t features) {
    return layout == Layout::row_major ? batch * features : kernels::Panels{batch}.size(features);
}

}  // namespace espalier::runtime
