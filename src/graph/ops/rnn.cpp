// RNN: h' = f(W x + R h + b).
#include "graph/computation/recurrent.h"

namespace espalier::ops_::rnn_ {
namespace {

constexpr ParameterRole kRoles[] = {{1, 2, "recurrent"}, {3, 5, "bias"}};

const Recurrent kForm{.gates = 1, .states = 1, .activations = {"Tanh"}};

void infer(InferContext& context) { kForm.infer(context); }

std::optional<WeightUse> weight_use(const Node&, std::size_t input, const Shape& shape) {
    constexpr std::string_view kGates[] = {"h"};
    return gate_matrices(input, shape, kGates);
}

void evaluate(Evaluation& e) {
    run_recurrent(e, kForm,
                  [&](const Direction& d, const double* x, std::vector<std::vector<double>>& states) {
                      const std::vector<double> h = states[0];
                      for (std::int64_t u = 0; u < d.hidden; ++u) {
                          states[0][static_cast<std::size_t>(u)] =
                              d.activate(0, d.input_sum(u, x) + d.state_sum(u, h.data()));
                      }
                  });
}

}  // namespace

extern const Operator rnn{.name = "RNN",
                          .summary = "recurrent units over sequences",
                          .min_inputs = 3,
                          .max_inputs = 6,
                          .outputs = 2,
                          .infer = infer,
                          .evaluate = evaluate,
                          .heavy = true,
                          .weight_use = weight_use,
                          .roles = kRoles};

}  // namespace espalier::ops_::rnn_
