// GRU (Cho et al. 2014), gates z, r, h:
//   z = f(W_z x + R_z h + b_z),  r = f(W_r x + R_r h + b_r),  n = g(W_h x + R_h (r h) + b_h), or with
//   linear_before_reset n = g(W_h x + b_h + r (R_h h + b_Rh)),  h' = (1 - z) n + z h.
#include "graph/computation/recurrent.h"

namespace espalier::ops_::gru_ {
namespace {

constexpr ParameterRole kRoles[] = {{1, 2, "recurrent"}, {3, 5, "bias"}};

const Recurrent kForm{.gates = 3, .states = 1, .activations = {"Sigmoid", "Tanh"}};

void infer(InferContext& context) { kForm.infer(context); }

std::optional<WeightUse> weight_use(const Node&, std::size_t input, const Shape& shape) {
    constexpr std::string_view kGates[] = {"z", "r", "h"};
    return gate_matrices(input, shape, kGates);
}

void evaluate(Evaluation& e) {
    const bool linear_first = e.node().attribute_int("linear_before_reset", 0) != 0;
    run_recurrent(
        e, kForm, [&](const Direction& d, const double* x, std::vector<std::vector<double>>& states) {
            const std::vector<double> h = states[0];
            std::vector<double> reset(h.size());
            std::vector<double> kept(h.size());
            for (std::int64_t u = 0; u < d.hidden; ++u) {
                const std::int64_t row = d.hidden + u;
                const double r = d.activate(0, d.input_sum(row, x) + d.state_sum(row, h.data()));
                reset[static_cast<std::size_t>(u)] = r;
                kept[static_cast<std::size_t>(u)] = r * h[static_cast<std::size_t>(u)];
            }
            for (std::int64_t u = 0; u < d.hidden; ++u) {
                const auto unit = static_cast<std::size_t>(u);
                const std::int64_t row = 2 * d.hidden + u;
                const double z = d.activate(0, d.input_sum(u, x) + d.state_sum(u, h.data()));
                const double state =
                    linear_first ? reset[unit] * d.state_sum(row, h.data()) : d.state_sum(row, kept.data());
                const double n = d.activate(1, d.input_sum(row, x) + state);
                states[0][unit] = (1 - z) * n + z * h[unit];
            }
        });
}

}  // namespace

extern const Operator gru{.name = "GRU",
                          .summary = "gated recurrent units over sequences",
                          .min_inputs = 3,
                          .max_inputs = 6,
                          .outputs = 2,
                          .infer = infer,
                          .evaluate = evaluate,
                          .heavy = true,
                          .weight_use = weight_use,
                          .roles = kRoles};

}  // namespace espalier::ops_::gru_
