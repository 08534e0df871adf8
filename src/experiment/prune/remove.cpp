#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/random.h"
#include "espalier/error.h"
#include "espalier/experiment.h"
#include "graph/analysis/input_shapes.h"
#include "graph/coupling/axis_groups.h"

namespace espalier::experiment {
namespace {

/// Calls body(position) for every element of a slice.
template <class Body>
void each_element(const Tensor& tensor, const WeightSlice& slice, const Body& body) {
    const Shape& shape = tensor.shape();
    std::int64_t inner = 1;
    for (std::size_t d = slice.axis + 1; d < shape.size(); ++d) inner *= shape[d];
    const std::int64_t size = shape[slice.axis];
    const std::int64_t outer = tensor.count() / std::max<std::int64_t>(size * inner, 1);
    for (std::int64_t i = 0; i < outer; ++i) {
        for (const std::int64_t index : slice.indices) {
            for (std::int64_t k = 0; k < inner; ++k)
                body(static_cast<std::size_t>((i * size + index) * inner + k));
        }
    }
}

/// The prunable weights of a unit, one after the other: what its score is made of.
std::vector<float> weights_of(const CoupledUnit& unit, const Graph& graph,
                              const std::set<std::string>& counted) {
    std::vector<float> values;
    for (const WeightSlice& slice : unit.slices) {
        if (!counted.contains(slice.weight)) continue;
        const Tensor& tensor = graph.initializers.at(slice.weight);
        if (tensor.dtype() != DType::f32) continue;
        each_element(tensor, slice, [&](std::size_t at) { values.push_back(tensor.f32()[at]); });
    }
    return values;
}

/// A row a unit.
struct GroupMatrix {
    const CoupledGroup* group;
    std::vector<float> values;
    std::int64_t columns = 0;
};

std::vector<GroupMatrix> matrices_of(const AxisGroups& groups, const Graph& graph) {
    const auto names = prunable_weights(graph);
    const std::set<std::string> counted(names.begin(), names.end());
    std::vector<GroupMatrix> all;
    for (const CoupledGroup& group : groups.groups()) {
        if (!group.refused.empty() || group.units.size() < 2) continue;
        GroupMatrix matrix{.group = &group, .values = {}};
        for (const CoupledUnit& unit : group.units) {
            const auto row = weights_of(unit, graph, counted);
            matrix.columns = std::ssize(row);
            matrix.values.insert(matrix.values.end(), row.begin(), row.end());
        }
        if (matrix.columns > 0) all.push_back(std::move(matrix));
    }
    return all;
}

prune::Request request_of(const Cut& how, const std::vector<GroupMatrix>& matrices) {
    if (!prune::signals_needed(how.criterion).empty()) {
        throw InvalidArgument(fmt::format(
            "criterion \"{}\" needs data, and what is removed is chosen by the weights", how.criterion));
    }
    if (!how.target.sparsity)
        throw InvalidArgument("a removal needs a share of the units, a target in sparsity");
    prune::Request request;
    for (const GroupMatrix& matrix : matrices) {
        request.weights.push_back({.name = matrix.group->name,
                                   .shape = {std::ssize(matrix.group->units), matrix.columns},
                                   .weight = matrix.values});
    }
    request.granularity = "filter";
    request.criterion = how.criterion;
    request.unit_norm = how.unit_norm;
    request.scope = how.scope;
    request.target = how.target;
    request.layer_targets = how.layers;
    request.floor = how.floor;
    request.seed = how.seed;
    return request;
}

/// The network with all slices of these units zero: what its removal must compute.
Graph masked(Graph graph, const std::vector<const CoupledUnit*>& units) {
    for (const CoupledUnit* unit : units) {
        for (const WeightSlice& slice : unit->slices) {
            Tensor& tensor = graph.initializers.at(slice.weight);
            if (tensor.dtype() != DType::f32) continue;
            each_element(tensor, slice, [&](std::size_t at) { tensor.f32()[at] = 0; });
        }
    }
    return graph;
}

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
        Tensor tensor(input.type.dtype, shape);
        if (tensor.dtype() == DType::f32) {
            Random random(1, "removal/" + input.name);
            for (float& value : tensor.f32()) value = random.uniform();
        }
        inputs.insert_or_assign(input.name, std::move(tensor));
    }
    return inputs;
}

/// The largest difference of the outputs, over the largest output. Throws Unsupported where it is not
/// rounding.
double prove(const Graph& before, const Graph& after, const std::vector<const CoupledUnit*>& units) {
    constexpr double kRounding = 1e-4;
    const NamedTensors inputs = random_inputs(before);
    const auto expected = run_once(masked(before, units), inputs);
    const auto got = run_once(after, inputs);
    double difference = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        if (expected[i].shape() != got[i].shape())
            throw InternalError(fmt::format("output {} has another shape after the removal", i));
        if (expected[i].dtype() != DType::f32) continue;
        double largest = 0;
        double apart = 0;
        for (std::size_t k = 0; k < expected[i].f32().size(); ++k) {
            const double a = static_cast<double>(expected[i].f32()[k]);
            largest = std::max(largest, std::abs(a));
            apart = std::max(apart, std::abs(a - static_cast<double>(got[i].f32()[k])));
        }
        difference = std::max(difference, apart / std::max(largest, 1e-6));
    }
    if (!(difference <= kRounding)) {
        throw Unsupported(
            fmt::format("the removal could not be proved: outputs differ from those of the masked network "
                        "by {:.2g} of the largest",
                        difference));
    }
    return difference;
}

}  // namespace

Removal remove(Graph& graph, const Cut& how) {
    const AxisGroups groups(graph);
    const std::vector<GroupMatrix> matrices = matrices_of(groups, graph);
    if (matrices.empty())
        throw InvalidModel(fmt::format("network \"{}\" has nothing that could be removed", graph.name));
    const prune::Plan plan = prune::plan(request_of(how, matrices));
    Removal removal{.groups = {}, .notes = plan.notes};
    std::vector<const CoupledUnit*> units;
    std::vector<std::size_t> ids;
    for (const GroupMatrix& matrix : matrices) {
        const prune::Mask& mask = plan.masks.at(matrix.group->name);
        Removal::Group& entry = removal.groups.emplace_back();
        entry.name = matrix.group->name;
        entry.units = std::ssize(matrix.group->units);
        entry.weights = matrix.columns;
        for (std::size_t u = 0; u < matrix.group->units.size(); ++u) {
            if (mask[static_cast<std::int64_t>(u) * matrix.columns]) {
                ++entry.left;
                continue;
            }
            units.push_back(&matrix.group->units[u]);
            ids.push_back(matrix.group->units[u].id);
        }
    }
    for (const CoupledGroup& group : groups.groups()) {
        if (group.refused.empty()) continue;
        const std::int64_t count = std::ssize(group.units);
        removal.groups.push_back({group.name, count, count, 0, group.refused});
    }
    Graph smaller = groups.without(graph, ids);
    removal.difference = prove(graph, smaller, units);
    graph = std::move(smaller);
    return removal;
}

}  // namespace espalier::experiment
