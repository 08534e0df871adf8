#include "runtime/sparse/panel_chain.h"

#include <algorithm>
#include <utility>

#include "kernels/parallel.h"
#include "kernels/spmm_f32_panel/spmm_f32_panel.h"
#include "kernels/transpose_f32_panel/transpose_f32_panel.h"
#include "runtime/dense/separate_post_operations.h"

namespace espalier::runtime {
namespace {

constexpr std::int64_t kLine = 16;  // floats in a cache line

/// How long the runs are that a layer's steps pass over: in all panels but the last, and in that.
struct RunLengths {
    std::int64_t full, last;
};

/// The same steps for both lengths.
struct PassesOfPanels {
    Passes full, last;

    PassesOfPanels(const std::vector<PostOperation>& steps, const RunLengths& lengths)
        : full(steps, lengths.full, 1), last(steps, lengths.last, 1) {}
};

/// A layer, with one set of passes for each thread.
struct Stage {
    std::shared_ptr<const kernels::PackedRows> weights;
    bool relu = false;
    std::vector<PassesOfPanels> in_panels, in_rows;
};

int widest_unit(const std::vector<ChainLink>& links) {
    int unit = 1;
    for (const ChainLink& link : links) unit = std::max(unit, link.weights->unit());
    return unit;
}

class PanelChain final : public Kernel {
  public:
    PanelChain(const std::vector<ChainLink>& links, std::int64_t batch, int threads, const ChainEnds& ends)
        : batch_(batch),
          rows_(panel_rows(batch, threads, kernels::panel_lanes(widest_unit(links)))),
          panels_((batch + rows_ - 1) / rows_),
          threads_(threads),
          ends_(ends) {
        std::int64_t features = links.front().weights->columns();
        for (const ChainLink& link : links) features = std::max(features, link.weights->rows());
        floats_ = (kernels::Panels{rows_}.size(features) + kLine - 1) / kLine * kLine;
        for (const ChainLink& link : links) stages_.push_back(stage_of(link));
    }

    /// Two panels a thread: a layer reads one and writes the other. And what its passes need.
    std::size_t scratch_bytes() const override {
        return static_cast<std::size_t>(threads_) *
               (static_cast<std::size_t>(2 * floats_) * sizeof(float) + pass_bytes_);
    }

    void run(std::span<const Operand> inputs, std::span<const Result> outputs, std::byte* scratch) override {
        kernels::for_each_item(panels_, threads_, [&](std::int64_t panel, int thread) {
            run_panel(panel, static_cast<std::size_t>(thread), inputs, outputs[0].f32(), scratch);
        });
    }

  private:
    Stage stage_of(const ChainLink& link) {
        Stage stage{.weights = link.weights, .relu = false, .in_panels = {}, .in_rows = {}};
        auto first = link.after.begin();
        if (first != link.after.end() && first->is_relu()) {
            stage.relu = true;
            ++first;
        }
        const auto sum =
            std::find_if(first, link.after.end(), [](const PostOperation& step) { return step.added; });
        const std::int64_t outputs = link.weights->rows();
        const std::int64_t left = batch_ - (panels_ - 1) * rows_;
        const std::int64_t most = std::min(rows_, batch_);
        const auto make = [&](const std::vector<PostOperation>& steps, const RunLengths& lengths) {
            std::vector<PassesOfPanels> made;
            for (int thread = 0; thread < threads_ && !steps.empty(); ++thread) {
                const PassesOfPanels& passes = made.emplace_back(steps, lengths);
                pass_bytes_ =
                    std::max({pass_bytes_, passes.full.scratch_bytes(), passes.last.scratch_bytes()});
            }
            return made;
        };
        stage.in_panels =
            make({first, sum}, {kernels::Panels{most}.size(outputs), kernels::Panels{left}.size(outputs)});
        stage.in_rows = make({sum, link.after.end()}, {most * outputs, left * outputs});
        return stage;
    }

    void run_panel(std::int64_t index, std::size_t thread, std::span<const Operand> inputs, float* output,
                   std::byte* scratch) const {
        const std::int64_t first = index * rows_;
        const kernels::Panels panel{std::min(rows_, batch_ - first)};
        float* const memory =
            reinterpret_cast<float*>(scratch) + 2 * static_cast<std::int64_t>(thread) * floats_;
        float* to = memory;
        float* other = memory + floats_;
        std::byte* const pass_scratch =
            scratch + static_cast<std::size_t>(2 * threads_ * floats_) * sizeof(float) + thread * pass_bytes_;
        const auto passes_of = [&](const std::vector<PassesOfPanels>& all) -> const Passes& {
            return index + 1 == panels_ ? all[thread].last : all[thread].full;
        };
        const std::int64_t columns = stages_.front().weights->columns();
        const float* from = inputs[0].f32() + first * columns;
        if (ends_.input == Layout::row_major) {
            kernels::to_panels_f32(panel, columns, from, other, 1);
            from = other;
        }
        for (const Stage& stage : stages_) {
            const bool ends_in_panels = &stage == &stages_.back() && ends_.output == Layout::panel;
            float* const target = ends_in_panels ? output + first * stage.weights->rows() : to;
            kernels::spmm_f32_panel(*stage.weights, panel, from, target, stage.relu, 1);
            if (!stage.in_panels.empty()) passes_of(stage.in_panels).run(target, no_operand, pass_scratch);
            from = target;
            std::swap(to, other);
        }
        if (ends_.output == Layout::panel) return;
        const std::int64_t outputs = stages_.back().weights->rows();
        float* const rows = output + first * outputs;
        kernels::from_panels_f32(panel, outputs, from, rows, 1);
        if (stages_.back().in_rows.empty()) return;
        passes_of(stages_.back().in_rows)
            .run(
                rows, [&](std::size_t operand) { return inputs[operand].f32() + first * outputs; },
                pass_scratch);
    }

    static const float* no_operand(std::size_t) { return nullptr; }

    std::int64_t batch_;
    std::int64_t rows_;  // of a panel
    std::int64_t panels_;
    int threads_;
    ChainEnds ends_;
    std::int64_t floats_ = 0;  // of a panel, with the most features there are
    std::size_t pass_bytes_ = 0;
    std::vector<Stage> stages_;
};

}  // namespace

std::shared_ptr<Kernel> panel_chain(const std::vector<ChainLink>& links, std::int64_t batch, int threads,
                                    const ChainEnds& ends) {
    return std::make_shared<PanelChain>(links, batch, threads, ends);
}

bool leaves_panels(const std::vector<PostOperation>& after) {
    return std::ranges::any_of(after, [](const PostOperation& step) { return step.added.has_value(); });
}

std::int64_t chain_rows(std::int64_t batch, int threads, int unit) {
    return std::min(panel_rows(batch, threads, kernels::panel_lanes(unit)), batch);
}

std::int64_t panel_rows(std::int64_t batch, int threads, std::int64_t lanes) {
    std::int64_t panels = (batch + lanes - 1) / lanes;
    if (threads == 1 || panels >= 4 * std::int64_t{threads}) return lanes;
    panels = (panels + threads - 1) / threads * threads;
    return std::min(lanes, ((batch + panels - 1) / panels + 15) / 16 * 16);
}

}  // namespace espalier::runtime
