#include "runtime/panel_chain.h"

#include <algorithm>
#include <utility>

#include "kernels/parallel.h"
#include "kernels/spmm_f32_panel/spmm_f32_panel.h"
#include "kernels/transpose_f32_panel/transpose_f32_panel.h"

namespace espalier::runtime {
namespace {

constexpr std::int64_t kLine = 16;  // floats in a cache line

class PanelChain final : public Kernel {
  public:
    PanelChain(std::vector<ChainLink> links, std::int64_t batch, int threads)
        : links_(std::move(links)), batch_(batch), rows_(panel_rows(batch, threads)), threads_(threads) {
        std::int64_t features = links_.front().weights->columns();
        for (const ChainLink& link : links_) features = std::max(features, link.weights->rows());
        floats_ = (kernels::Panels{rows_}.size(features) + kLine - 1) / kLine * kLine;
    }

    /// Two panels a thread: a layer reads one and writes the other.
    std::size_t scratch_bytes() const override {
        return static_cast<std::size_t>(2 * threads_ * floats_) * sizeof(float);
    }

    void run(std::span<const float* const> inputs, float* output, std::byte* scratch) override {
        const std::int64_t panels = (batch_ + rows_ - 1) / rows_;
        kernels::for_each_item(panels, threads_, [&](std::int64_t panel, int thread) {
            float* memory = reinterpret_cast<float*>(scratch) + 2 * thread * floats_;
            run_panel(panel * rows_, inputs[0], output, memory, memory + floats_);
        });
    }

  private:
    void run_panel(std::int64_t first, const float* input, float* output, float* from, float* to) const {
        const kernels::Panels panel{std::min(rows_, batch_ - first)};
        const std::int64_t columns = links_.front().weights->columns();
        kernels::to_panels_f32(panel, columns, input + first * columns, from, 1);
        for (const ChainLink& link : links_) {
            kernels::spmm_f32_panel(*link.weights, panel, from, to, link.relu, 1);
            std::swap(from, to);
        }
        const std::int64_t outputs = links_.back().weights->rows();
        kernels::from_panels_f32(panel, outputs, from, output + first * outputs, 1);
    }

    std::vector<ChainLink> links_;
    std::int64_t batch_;
    std::int64_t rows_;  // of a panel
    int threads_;
    std::int64_t floats_ = 0;  // of a panel, with the most features there are
};

}  // namespace

std::shared_ptr<Kernel> panel_chain(std::vector<ChainLink> links, std::int64_t batch, int threads) {
    return std::make_shared<PanelChain>(std::move(links), batch, threads);
}

std::int64_t panel_rows(std::int64_t batch, int threads) {
    std::int64_t panels = (batch + kernels::Panels::kWidth - 1) / kernels::Panels::kWidth;
    if (threads == 1 || panels >= 4 * std::int64_t{threads}) return kernels::Panels::kWidth;
    panels = (panels + threads - 1) / threads * threads;
    return std::min(kernels::Panels::kWidth, ((batch + panels - 1) / panels + 15) / 16 * 16);
}

}  // namespace espalier::runtime
