#include "experiment/prune/proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "espalier/error.h"
#include "espalier/runtime.h"
#include "experiment/prune/stored_weights.h"
#include "tensor/convert.h"

namespace espalier::experiment {
namespace {

std::vector<Tensor> run_once(const Graph& graph, const NamedTensors& inputs) {
    return runtime::compile(graph, {.threads = 1,
                                    .choice = runtime::Options::Choice::dense,
                                    .tuning = runtime::Options::Tuning::none})
        .run(inputs);
}

NamedTensors random_inputs(const Graph& graph) {
    NamedTensors inputs;
    for (const Value& input : graph.inputs) {
        Shape shape;
        for (const Dim& dim : input.type.dims) shape.push_back(dim.is_fixed() ? dim.size() : 1);
        const bool half = is_half(input.type.dtype);
        Tensor tensor(half ? DType::f32 : input.type.dtype, shape);
        if (tensor.dtype() == DType::f32) {
            Random random(1, "removal/" + input.name);
            for (float& value : tensor.f32()) value = random.uniform();
        }
        if (half) tensor = converted(tensor, input.type.dtype);
        inputs.insert_or_assign(input.name, std::move(tensor));
    }
    return inputs;
}

/// NaN if either is: a difference that cannot be told is none that could pass.
double larger(double a, double b) { return std::isnan(b) || b > a ? b : a; }

}  // namespace

double prove(std::string_view what, const Graph& before, const Graph& expected_of, const Graph& after) {
    const double tolerance = rounding_of(before);
    const NamedTensors inputs = random_inputs(before);
    const auto expected = run_once(expected_of, inputs);
    const auto got = run_once(after, inputs);
    double difference = 0;
    bool compared = false;  // numbers
    bool others_equal = true;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        if (expected[i].shape() != got[i].shape())
            throw InternalError(fmt::format("output {} has another shape after the {}", i, what));
        // Indices may change with rounding where two are all but equal; where there is nothing else they must
        // not.
        if (expected[i].dtype() != DType::f32 && !is_half(expected[i].dtype())) {
            others_equal &= std::ranges::equal(expected[i].bytes(), got[i].bytes());
            continue;
        }
        compared = true;
        double largest = 0;
        double apart = 0;
        const Tensor wanted = as_real(expected[i]);
        const Tensor given = as_real(got[i]);
        for (std::size_t k = 0; k < wanted.f32().size(); ++k) {
            const double a = static_cast<double>(wanted.f32()[k]);
            const double b = static_cast<double>(given.f32()[k]);
            if (a == b || (std::isnan(a) && std::isnan(b))) continue;  // two infinities, too
            if (std::isfinite(a)) largest = std::max(largest, std::abs(a));
            apart = larger(apart, std::abs(a - b));
        }
        difference = larger(difference, apart / std::max(largest, 1e-6));
    }
    if (!compared && !others_equal)
        throw Unsupported(
            fmt::format("the {} could not be proved: outputs that are no numbers of f32 differ", what));
    if (!(difference <= tolerance)) {
        throw Unsupported(fmt::format(
            "the {} could not be proved: outputs differ from those that are expected by {:.2g} of "
            "the largest",
            what, difference));
    }
    return difference;
}

}  // namespace espalier::experiment
