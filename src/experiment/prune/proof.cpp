#include "experiment/prune/proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "espalier/error.h"
#include "espalier/runtime.h"
#include "experiment/inspect/shapes.h"
#include "experiment/prune/stored_weights.h"
#include "tensor/apart.h"
#include "tensor/convert.h"

namespace espalier::experiment {
namespace {

std::vector<Tensor> run_once(const Graph& graph, const NamedTensors& inputs) {
    return runtime::compile(graph, {.threads = 1,
                                    .choice = runtime::Options::Choice::dense,
                                    .tuning = runtime::Options::Tuning::none})
        .run(inputs);
}

/// 1, 1, 0, 1, 1, 0, ...: words, places and masks of which something is left. An index of 1 may be out of
/// range.
void fill_integers(Tensor& tensor) {
    const std::size_t size = size_of(tensor.dtype());
    const std::span<std::byte> bytes = tensor.bytes();
    for (std::size_t i = 0; i * size < bytes.size(); ++i)
        bytes[i * size] = static_cast<std::byte>(i % 3 == 2 ? 0 : 1);
}

bool is_whole(DType dtype) { return dtype != DType::f32 && dtype != DType::f64 && !is_half(dtype); }

enum class Integers : std::uint8_t { ones_and_zeros, zeros };

NamedTensors inputs_with(const Graph& graph, Integers integers) {
    NamedTensors inputs;
    for (const Value& input : graph.inputs) {
        Shape shape;
        for (const Dim& dim : input.type.dims) shape.push_back(dim.is_fixed() ? dim.size() : 1);
        const bool half = is_half(input.type.dtype);
        Tensor tensor(half ? DType::f32 : input.type.dtype, shape);
        if (tensor.dtype() == DType::f32) {
            Random random(1, "removal/" + input.name);
            for (float& value : tensor.f32()) value = random.uniform();
        } else if (integers == Integers::ones_and_zeros && is_whole(tensor.dtype())) {
            fill_integers(tensor);
        }
        if (half) tensor = converted(tensor, input.type.dtype);
        inputs.insert_or_assign(input.name, std::move(tensor));
    }
    return inputs;
}

struct Tried {
    NamedTensors inputs;
    std::vector<Tensor> outputs;
};

Tried tried(const Graph& graph, Integers integers) {
    NamedTensors inputs = inputs_with(graph, integers);
    std::vector<Tensor> outputs = run_once(graph, inputs);
    return {std::move(inputs), std::move(outputs)};
}

Tried tried(std::string_view what, const Graph& graph) {
    try {
        return tried(graph, Integers::ones_and_zeros);
    } catch (const Error&) {  // an index may be out of range
    }
    try {
        return tried(graph, Integers::zeros);
    } catch (const Error&) {  // open dimensions are 1, which may fit nowhere
        require_shapes(graph, {}, fmt::format("the {} is proved by running the network", what));
        throw;
    }
}

/// NaN if either is: a difference that cannot be told is none that could pass.
double larger(double a, double b) { return std::isnan(b) || b > a ? b : a; }

}  // namespace

double prove(std::string_view what, const Graph& before, const Graph& expected_of, const Graph& after) {
    const double tolerance = rounding_of(before);
    const auto [inputs, expected] = tried(what, expected_of);
    const auto got = run_once(after, inputs);
    double difference = 0;
    bool compared = false;  // numbers
    bool is_nothing_told = false;
    bool is_number = false;
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
        const Tensor wanted = as_real(expected[i]);
        const Tensor given = as_real(got[i]);
        const Apart output = apart(wanted.f32(), given.f32());
        is_number |= output.has_number;
        is_nothing_told |= !output.has_number && wanted.count() > 0;
        difference = larger(difference, output.share);
    }
    if (!compared && !others_equal)
        throw Unsupported(
            fmt::format("the {} could not be proved: outputs that are no numbers of f32 differ", what));
    if (is_nothing_told && !is_number)
        throw Unsupported(fmt::format(
            "the {} could not be proved: on the inputs that were tried no output is a finite number", what));
    if (!(difference <= tolerance)) {
        throw Unsupported(fmt::format(
            "the {} could not be proved: outputs differ from those that are expected by {:.2g} of "
            "the largest",
            what, difference));
    }
    return difference;
}

}  // namespace espalier::experiment
