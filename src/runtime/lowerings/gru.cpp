// GRU in its usual form: gates z, r, h, sigmoids and tanh.
//   h' = (1 - z) n + z h,  n = tanh(W_h x + R_h (r h) + b), or with linear_before_reset
//   n = tanh(W_h x + b_Wh + r (R_h h + b_Rh))
#include "base/multiversion.h"
#include "base/threads/parallel.h"
#include "runtime/loops/recurrent.h"
#include "runtime/loops/vector_math.h"

namespace espalier::runtime::lowerings_::gru_ {
namespace {

constexpr std::int64_t kGates = 3;

/// z in place of its gate, and r h.
ESPALIER_MULTIVERSION void reset(float* __restrict gates, const float* __restrict w_bias,
                                 const float* __restrict r_bias, const float* __restrict h,
                                 float* __restrict kept, std::int64_t hidden) {
    for (std::int64_t u = 0; u < hidden; ++u) {
        const std::int64_t r = hidden + u;
        gates[u] = fast_sigmoid(gates[u] + (w_bias[u] + r_bias[u]));
        kept[u] = h[u] * fast_sigmoid(gates[r] + (w_bias[r] + r_bias[r]));
    }
}

ESPALIER_MULTIVERSION void update(const float* __restrict gates, const float* __restrict w_bias,
                                  const float* __restrict r_bias, float* __restrict h, std::int64_t hidden) {
    for (std::int64_t u = 0; u < hidden; ++u) {
        const std::int64_t at = 2 * hidden + u;
        const float n = fast_tanh(gates[at] + (w_bias[at] + r_bias[at]));
        h[u] = (1.0F - gates[u]) * n + gates[u] * h[u];
    }
}

/// With `state` = R h of all gates.
ESPALIER_MULTIVERSION void update_linear(const float* __restrict gates, const float* __restrict state,
                                         const float* __restrict w_bias, const float* __restrict r_bias,
                                         float* __restrict h, std::int64_t hidden) {
    for (std::int64_t u = 0; u < hidden; ++u) {
        const std::int64_t r = hidden + u;
        const std::int64_t at = 2 * hidden + u;
        const float keep = fast_sigmoid(gates[u] + state[u] + (w_bias[u] + r_bias[u]));
        const float taken = fast_sigmoid(gates[r] + state[r] + (w_bias[r] + r_bias[r]));
        const float n = fast_tanh(gates[at] + w_bias[at] + taken * (state[at] + r_bias[at]));
        h[u] = (1.0F - keep) * n + keep * h[u];
    }
}

/// With linear_before_reset: one product a step.
class LinearGruKernel final : public RecurrentKernel {
  public:
    LinearGruKernel(const Sequences& sequences, int threads)
        : RecurrentKernel(sequences, threads),
          state_(state_product(0, sequences.width(), sequences.width(), false)) {}

  protected:
    std::size_t product_bytes() const override { return state_.scratch_bytes(); }

    void step(float* gates, const RecurrentRun& run) override {
        const Sequences& s = sequences_;
        state_.run(run.h, run.direction, run.r, run.extra, run.scratch);
        parallel_for(s.batch, element_threads(), [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t b = begin; b < end; ++b) {
                update_linear(gates + b * s.gates_step(), run.extra + b * s.width(), run.w_bias, run.r_bias,
                              run.h + b * s.hidden, s.hidden);
            }
        });
    }

  private:
    Product state_;
};

/// Two products a step, as the second one needs r.
class GruKernel final : public RecurrentKernel {
  public:
    GruKernel(const Sequences& sequences, int threads)
        : RecurrentKernel(sequences, threads),
          both_(state_product(0, 2 * sequences.hidden, sequences.gates_step(), true)),
          kept_(state_product(2 * sequences.hidden, sequences.hidden, sequences.gates_step(), true)) {}

  protected:
    std::size_t product_bytes() const override {
        return std::max(both_.scratch_bytes(), kept_.scratch_bytes());
    }

    void step(float* gates, const RecurrentRun& run) override {
        const Sequences& s = sequences_;
        const auto each = [&](const auto& body) {
            parallel_for(s.batch, element_threads(), [&](std::int64_t begin, std::int64_t end) {
                for (std::int64_t b = begin; b < end; ++b) body(gates + b * s.gates_step(), b * s.hidden);
            });
        };
        both_.run(run.h, run.direction, run.r, gates, run.scratch);
        each([&](float* own, std::int64_t at) {
            reset(own, run.w_bias, run.r_bias, run.h + at, run.extra + at, s.hidden);
        });
        kept_.run(run.extra, run.direction, run.r + 2 * s.hidden * s.hidden, gates + 2 * s.hidden,
                  run.scratch);
        each([&](const float* own, std::int64_t at) {
            update(own, run.w_bias, run.r_bias, run.h + at, s.hidden);
        });
    }

  private:
    Product both_, kept_;
};

bool takes(const Node& node, const std::map<std::string, ValueType>& types, const Graph&) {
    return takes_recurrent(node, types);
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    const Sequences sequences = Sequences::of(site, kGates);
    const bool linear = site.node.attribute_int("linear_before_reset", 0) != 0;
    return {{.name = "products (oneDNN)",
             .single_us = predict_recurrent_us(sequences),
             .make = [=](int threads) -> std::shared_ptr<Kernel> {
                 if (linear) return std::make_shared<LinearGruKernel>(sequences, threads);
                 return std::make_shared<GruKernel>(sequences, threads);
             }}};
}

}  // namespace

extern const Lowering gru{.name = "GRU",
                          .summary = "gated recurrent units over sequences",
                          .candidates = candidates,
                          .takes = takes,
                          .all_outputs = true};

}  // namespace espalier::runtime::lowerings_::gru_
