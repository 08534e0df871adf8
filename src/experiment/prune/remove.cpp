#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "base/random.h"
#include "espalier/error.h"
#include "espalier/experiment.h"
#include "experiment/prune/choice.h"
#include "experiment/prune/stored_weights.h"
#include "graph/analysis/input_shapes.h"
#include "graph/computation/convert.h"
#include "graph/coupling/axis_groups.h"
#include "surgery/layers.h"

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

bool has_kept(const CoupledGroup& group, const Cut& how) {
    return std::ranges::any_of(group.units.front().slices,
                               [&](const WeightSlice& slice) { return is_kept(how, slice.weight); });
}

std::vector<GroupMatrix> matrices_of(const AxisGroups& groups, const Graph& graph, const Cut& how) {
    const auto names = prunable_weights(graph);
    const std::set<std::string> counted(names.begin(), names.end());
    std::vector<GroupMatrix> all;
    for (const CoupledGroup& group : groups.groups()) {
        if (!group.refused.empty() || group.units.size() < 2 || has_kept(group, how)) continue;
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
    prune::Request request = choice_of(how);
    for (const GroupMatrix& matrix : matrices) {
        request.weights.push_back({.name = matrix.group->name,
                                   .shape = {std::ssize(matrix.group->units), matrix.columns},
                                   .weight = matrix.values});
    }
    request.granularity = "filter";
    return request;
}

/// The network with all slices of these units zero: what its removal must compute. Scales of weights, which
/// the real network does not have, are no matter.
Graph masked(Graph graph, const std::vector<const CoupledUnit*>& units) {
    for (const CoupledUnit* unit : units) {
        for (const WeightSlice& slice : unit->slices) {
            const auto found = graph.initializers.find(slice.weight);
            if (found == graph.initializers.end()) continue;
            Tensor& tensor = found->second;
            if (tensor.dtype() == DType::f32)
                each_element(tensor, slice, [&](std::size_t at) { tensor.f32()[at] = 0; });
            if (tensor.dtype() == DType::i32)  // biases of quantised layers, whose zero point is 0
                each_element(tensor, slice, [&](std::size_t at) { tensor.as<std::int32_t>()[at] = 0; });
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

/// The largest difference of the outputs, over the largest output. Throws Unsupported where it is not
/// rounding.
double prove(const Graph& before, const Graph& after, const std::vector<const CoupledUnit*>& units) {
    const double tolerance = rounding_of(before);
    const NamedTensors inputs = random_inputs(before);
    const auto expected = run_once(masked(as_real(before), units), inputs);
    const auto got = run_once(after, inputs);
    double difference = 0;
    bool compared = false;  // numbers
    bool others_equal = true;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        if (expected[i].shape() != got[i].shape())
            throw InternalError(fmt::format("output {} has another shape after the removal", i));
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
            largest = std::max(largest, std::abs(a));
            apart = std::max(apart, std::abs(a - static_cast<double>(given.f32()[k])));
        }
        difference = std::max(difference, apart / std::max(largest, 1e-6));
    }
    if (!compared && !others_equal)
        throw Unsupported("the removal could not be proved: outputs that are no numbers of f32 differ");
    if (!(difference <= tolerance)) {
        throw Unsupported(
            fmt::format("the removal could not be proved: outputs differ from those of the masked network "
                        "by {:.2g} of the largest",
                        difference));
    }
    return difference;
}

/// Smaller networks of one, with more or less of its units left.
class Remover {
  public:
    /// Weights that the file keeps as halves or integers are scored as the numbers that they stand for.
    Remover(const Graph& graph, const Cut& how)
        : graph_(graph),
          how_(how),
          real_(is_real(graph) ? Graph() : as_real(graph)),
          groups_(graph, prunable(real())) {
        constexpr std::string_view kUnits[] = {"element", "filter", "channel", "head"};
        if (std::ranges::find(kUnits, how.granularity) == std::end(kUnits)) {
            throw InvalidArgument(
                fmt::format("a removal takes out whole filters, channels or heads; granularity \"{}\" "
                            "keeps its tensors",
                            how.granularity));
        }
        if (!how.include.empty())
            throw InvalidArgument(
                "--include is for zeros: a removal takes what goes together, whoever reads it");
        check_kept(how, prunable_weights(real()));
        matrices_ = matrices_of(groups_, real(), how);
        if (matrices_.empty())
            throw InvalidModel(fmt::format("network \"{}\" has nothing that could be removed", graph.name));
    }

    struct Result {
        Graph graph;
        Removal removal;
        std::vector<const CoupledUnit*> units;
    };

    Result without(double sparsity) const {
        Cut cut = how_;
        cut.target = {.sparsity = sparsity};
        const prune::Plan plan = prune::plan(request_of(cut, matrices_));
        Result result;
        result.removal.notes = plan.notes;
        std::vector<std::size_t> ids;
        for (const GroupMatrix& matrix : matrices_) {
            const prune::Mask& mask = plan.masks.at(matrix.group->name);
            Removal::Group& entry = result.removal.groups.emplace_back();
            entry.name = matrix.group->name;
            entry.units = std::ssize(matrix.group->units);
            entry.weights = matrix.columns;
            for (std::size_t u = 0; u < matrix.group->units.size(); ++u) {
                if (mask[static_cast<std::int64_t>(u) * matrix.columns]) {
                    ++entry.left;
                    continue;
                }
                result.units.push_back(&matrix.group->units[u]);
                ids.push_back(matrix.group->units[u].id);
            }
        }
        for (const CoupledGroup& group : groups_.groups()) {
            const auto is_its = [&](const GroupMatrix& matrix) { return matrix.group == &group; };
            if (std::ranges::any_of(matrices_, is_its)) continue;
            const std::int64_t count = std::ssize(group.units);
            const std::string why = !group.refused.empty()  ? group.refused
                                    : count < 2             ? "there is only one"
                                    : has_kept(group, how_) ? "it is kept"
                                                            : "its weights are not f32";
            result.removal.groups.push_back({group.name, count, count, 0, why});
        }
        result.graph = groups_.without(graph_, ids);
        return result;
    }

  private:
    const Graph& real() const { return real_.nodes.empty() ? graph_ : real_; }

    const Graph& graph_;
    const Cut& how_;
    Graph real_;  // where graph_ is not
    AxisGroups groups_;
    std::vector<GroupMatrix> matrices_;
};

double macs_of(const Graph& graph) {
    double macs = 0;
    const Graph real = is_real(graph) ? Graph() : as_real(graph);
    for (const surgery::LayerInfo& layer : surgery::layers(real.nodes.empty() ? graph : real, false))
        macs += layer.macs;
    if (!std::isfinite(macs))
        throw InvalidArgument("multiply-adds are not known: give the sizes of open dimensions");
    return macs;
}

/// What the target is about, of a network: milliseconds or multiply-adds.
double measured(const Graph& graph, const RemovalTarget& target) {
    if (target.macs) return macs_of(graph);
    constexpr double kSeconds = 0.5;
    return runtime::benchmark(graph, target.batch, target.threads, kSeconds).median_ms;
}

/// The share of units whose removal leads to `goal`, by halving: the fewer are left, the less it takes.
Remover::Result search(const Remover& remover, const RemovalTarget& target, double goal, const Watch& watch) {
    constexpr int kSteps = 12;
    constexpr double kMost = 0.98;
    const double tolerance = target.macs ? 0.01 : 0.03;
    double low = 0;
    double high = kMost;
    std::optional<Remover::Result> best;
    double best_value = 0;
    for (int step = 0; step < kSteps; ++step) {
        if (watch.is_stopped()) throw Interrupted("stopped");
        if (watch.progress)
            watch.progress(static_cast<double>(step) / kSteps, "looking for the share to remove");
        const double share = step == 0 ? kMost : (low + high) / 2;
        Remover::Result result = remover.without(share);
        const double value = measured(result.graph, target);
        if (step == 0 && value > goal * (1 + tolerance)) {
            throw InvalidArgument(
                fmt::format("the target of {:.3g} {} cannot be met: with {:.0f} % of the units removed it "
                            "is {:.3g}",
                            goal, target.macs ? "multiply-adds" : "ms", 100 * kMost, value));
        }
        const bool closer = !best || std::abs(value - goal) < std::abs(best_value - goal);
        if (closer) {
            best_value = value;
            best = std::move(result);
        }
        if (std::abs(value - goal) <= tolerance * goal) break;
        (value > goal ? low : high) = share;
    }
    best->removal.reached = best_value;
    return std::move(*best);
}

Removal prove_and_take(Graph& graph, Remover::Result result) {
    result.removal.difference = prove(graph, result.graph, result.units);
    graph = std::move(result.graph);
    return std::move(result.removal);
}

}  // namespace

Removal remove(Graph& graph, const Cut& how) {
    if (!how.target.sparsity)
        throw InvalidArgument("a removal needs a share of the units, a target in sparsity");
    return prove_and_take(graph, Remover(graph, how).without(*how.target.sparsity));
}

Removal remove_to(Graph& graph, const Cut& how, const RemovalTarget& target, const Watch& watch) {
    if (target.macs.has_value() + target.latency_share.has_value() + target.latency_ms.has_value() != 1)
        throw InvalidArgument("a removal needs one target: multiply-adds, or a latency as a share or in ms");
    const Remover remover(graph, how);
    const double now = target.latency_ms ? 0 : measured(graph, target);
    const double goal =
        target.latency_ms ? *target.latency_ms : now * (target.macs ? *target.macs : *target.latency_share);
    Removal removal = prove_and_take(graph, search(remover, target, goal, watch));
    removal.goal = goal;
    return removal;
}

}  // namespace espalier::experiment
