// LSTM (Hochreiter & Schmidhuber 1997), gates i, o, f, c with peepholes P (Gers & Schmidhuber 2000):
//   i = f(W_i x + R_i h + P_i c + b_i),  f = f(W_f x + R_f h + P_f c + b_f),  c' = f c + i g(W_c x + R_c h +
//   b_c), o = f(W_o x + R_o h + P_o c' + b_o),  h' = o h(c').
#include "graph/computation/recurrent.h"

namespace espalier::ops_::lstm_ {
namespace {

constexpr ParameterRole kRoles[] = {{1, 2, "recurrent"}, {3, 7, "bias"}};

const Recurrent kForm{.gates = 4, .states = 2, .activations = {"Sigmoid", "Tanh", "Tanh"}};

void infer(InferContext& context) { kForm.infer(context); }

std::optional<WeightUse> weight_use(const Node&, std::size_t input, const Shape& shape) {
    constexpr std::string_view kGates[] = {"i", "o", "f", "c"};
    return gate_matrices(input, shape, kGates);
}

void evaluate(Evaluation& e) {
    const bool coupled = e.node().attribute_int("input_forget", 0) != 0;
    run_recurrent(
        e, kForm, [&](const Direction& d, const double* x, std::vector<std::vector<double>>& states) {
            const std::vector<double> h = states[0];
            for (std::int64_t u = 0; u < d.hidden; ++u) {
                const auto unit = static_cast<std::size_t>(u);
                const auto sum = [&](std::int64_t gate) {
                    return d.input_sum(gate * d.hidden + u, x) + d.state_sum(gate * d.hidden + u, h.data());
                };
                const auto peephole = [&](std::int64_t gate) {
                    return d.peepholes.empty() ? 0
                                               : d.peepholes[static_cast<std::size_t>(gate * d.hidden + u)];
                };
                double& c = states[1][unit];
                const double in = d.activate(0, sum(0) + peephole(0) * c);
                const double forget = coupled ? 1 - in : d.activate(0, sum(2) + peephole(2) * c);
                c = forget * c + in * d.activate(1, sum(3));
                states[0][unit] = d.activate(0, sum(1) + peephole(1) * c) * d.activations[2](c);
            }
        });
}

}  // namespace

extern const Operator lstm{.name = "LSTM",
                           .summary = "long short-term memory over sequences",
                           .min_inputs = 3,
                           .max_inputs = 8,
                           .outputs = 3,
                           .infer = infer,
                           .evaluate = evaluate,
                           .heavy = true,
                           .weight_use = weight_use,
                           .roles = kRoles};

}  // namespace espalier::ops_::lstm_
