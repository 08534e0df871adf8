// LSTM in its usual form: gates i, o, f, c, sigmoids and tanh.
//   c' = f c + i tanh(c gate),  h' = o tanh(c')
#include "base/multiversion.h"
#include "base/threads/parallel.h"
#include "runtime/loops/recurrent.h"
#include "runtime/loops/vector_math.h"

namespace espalier::runtime::lowerings_::lstm_ {
namespace {

constexpr std::int64_t kGates = 4;

ESPALIER_MULTIVERSION void update(const float* __restrict gates, const float* __restrict w_bias,
                                  const float* __restrict r_bias, float* __restrict h, float* __restrict c,
                                  std::int64_t hidden) {
    for (std::int64_t u = 0; u < hidden; ++u) {
        const std::int64_t o = hidden + u;
        const std::int64_t f = 2 * hidden + u;
        const std::int64_t n = 3 * hidden + u;
        const float in = fast_sigmoid(gates[u] + (w_bias[u] + r_bias[u]));
        const float out = fast_sigmoid(gates[o] + (w_bias[o] + r_bias[o]));
        const float forget = fast_sigmoid(gates[f] + (w_bias[f] + r_bias[f]));
        const float state = forget * c[u] + in * fast_tanh(gates[n] + (w_bias[n] + r_bias[n]));
        c[u] = state;
        h[u] = out * fast_tanh(state);
    }
}

class LstmKernel final : public RecurrentKernel {
  public:
    LstmKernel(const Sequences& sequences, int threads)
        : RecurrentKernel(sequences, threads),
          state_(state_product(0, sequences.width(), sequences.gates_step(), true)) {}

  protected:
    std::size_t product_bytes() const override { return state_.scratch_bytes(); }

    void step(float* gates, const RecurrentRun& run) override {
        const Sequences& s = sequences_;
        state_.run(run.h, run.direction, run.r, gates, run.scratch);
        parallel_for(s.batch, element_threads(), [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t b = begin; b < end; ++b) {
                update(gates + b * s.gates_step(), run.w_bias, run.r_bias, run.h + b * s.hidden,
                       run.c + b * s.hidden, s.hidden);
            }
        });
    }

  private:
    Product state_;
};

bool takes(const Node& node, const std::map<std::string, ValueType>& types, const Graph&) {
    return takes_recurrent(node, types) && node.attribute_int("input_forget", 0) == 0;
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    const Sequences sequences = Sequences::of(site, kGates);
    return {{.name = "products (oneDNN)",
             .single_us = predict_recurrent_us(sequences),
             .make = [=](int threads) { return std::make_shared<LstmKernel>(sequences, threads); }}};
}

}  // namespace

extern const Lowering lstm{.name = "LSTM",
                           .summary = "long short-term memory over sequences",
                           .candidates = candidates,
                           .takes = takes,
                           .all_outputs = true};

}  // namespace espalier::runtime::lowerings_::lstm_
