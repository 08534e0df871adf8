// F_u = mean over runs of (d(v' y) / d m_u)^2, with m_u = 1 times what unit u is, y the outputs and v random
// signs (output_slopes.h): the squared change of the outputs that follows from m_u = 0, to first order. Kwon
// et al. 2022, "A Fast Post-Training Pruning Framework for Transformers", takes this of masks of heads and
// filters with the gradient of a loss; the outputs' own change needs no labels.
#include "calibrate/slopes/mask_fisher.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "calibrate/slopes/output_slopes.h"
#include "espalier/error.h"
#include "graph/analysis/readers.h"

namespace espalier::calibrate {
namespace {

/// Where a layer meets slices along an axis of its weight.
struct Place {
    std::string value;
    std::size_t from_end = 0;  // the axis, counted from the value's last one
    bool operator<(const Place& other) const {
        return std::tie(value, from_end) < std::tie(other.value, other.from_end);
    }
};

struct Met {
    Place place;
    bool reads = false;       // else the layer makes them
    std::int64_t groups = 1;  // in each of which the slices' indices stand for as many more
};

bool is_set(const Node& node, std::string_view key) { return node.attribute_int(key, 0) != 0; }

std::optional<Met> of_product(const Node& node, const WeightSlice& slice) {
    const bool is_gemm = node.op == "Gemm";
    const bool trans_a = is_gemm && is_set(node, "transA");
    const bool trans_b = is_gemm && is_set(node, "transB");
    if (node.inputs[1] == slice.weight) {
        if (slice.axis != (trans_b ? 1U : 0U)) return Met{{node.outputs[0], 0}};
        return Met{{node.inputs[0], trans_a ? 1U : 0U}, true};
    }
    if (slice.axis != (trans_a ? 0U : 1U)) return Met{{node.outputs[0], 1}};
    return Met{{node.inputs[1], trans_b ? 0U : 1U}, true};
}

std::optional<Met> of_convolution(const Node& node, const WeightSlice& slice, std::size_t rank) {
    if (node.inputs[1] != slice.weight || slice.axis > 1) return {};
    const std::size_t channels = rank - 2;  // from the end
    const bool is_input = slice.axis == (node.op == "Conv" ? 1U : 0U);
    if (!is_input) return node.op == "Conv" ? std::optional(Met{{node.outputs[0], channels}}) : std::nullopt;
    // An index of a Conv's weight stands for a channel in every group.
    return Met{{node.inputs[0], channels}, true, node.op == "Conv" ? node.attribute_int("group", 1) : 1};
}

std::optional<Met> met_by(const Node& node, const WeightSlice& slice, const Weights& weights) {
    // What only the sizes at which the groups were found make a constant is no weight.
    const auto weight = weights.find(slice.weight);
    if (weight == weights.end() || node.inputs.size() < 2) return {};
    const Shape& shape = weight->second.shape();
    if ((node.op == "MatMul" || node.op == "Gemm") && shape.size() == 2) {
        if (node.inputs.size() > 2 && node.inputs[2] == slice.weight) return {};
        return of_product(node, slice);
    }
    if (node.op == "Conv" || node.op == "ConvTranspose") return of_convolution(node, slice, shape.size());
    return {};
}

/// Where one unit is met: indices along the axes of values, each once, however many layers read it there.
struct Unit {
    std::map<Place, std::set<std::int64_t>> places = {};
    double factors = 1;  // that the unit is in each product
};

/// By those who read the unit. What no weight reads, as queries and keys, which are multiplied with each
/// other, is met where it is made: each of them is a factor.
Unit unit_of(const Graph& graph, const Readers& readers, const CoupledUnit& unit) {
    Unit read;
    Unit made;
    const auto add = [](Unit& to, const Met& met, const WeightSlice& slice) {
        for (const std::int64_t index : slice.indices) {
            for (std::int64_t group = 0; group < met.groups; ++group)
                to.places[met.place].insert(index + group * slice.size);
        }
    };
    for (const WeightSlice& slice : unit.slices) {
        for (const Node* node : readers.of(slice.weight)) {
            const auto met = met_by(*node, slice, graph.initializers);
            if (met) add(met->reads ? read : made, *met, slice);
        }
    }
    if (!read.places.empty()) return read;
    made.factors = static_cast<double>(std::max<std::size_t>(1, made.places.size()));
    return made;
}

class MaskFisher {
  public:
    MaskFisher(const Graph& graph, std::span<const CoupledGroup* const> groups) {
        const Readers readers(graph);
        std::set<Place> places;
        for (const CoupledGroup* group : groups) {
            std::vector<Unit>& units = units_.emplace_back();
            for (const CoupledUnit& unit : group->units) units.push_back(unit_of(graph, readers, unit));
            sums_.emplace_back(units.size());
            for (const Unit& unit : units) {
                if (unit.places.empty())
                    throw Unsupported(
                        fmt::format("criterion fisher: no Conv, Gemm or MatMul multiplies with the units of "
                                    "\"{}\" alone; --keep leaves them whole",
                                    group->name));
                for (const auto& part : unit.places) places.insert(part.first);
            }
        }
        places_.assign(places.begin(), places.end());
    }

    std::vector<std::string> values() const {
        std::vector<std::string> values;
        for (const Place& place : places_) values.push_back(place.value);
        return values;
    }

    /// d(v' y) / dm = x' d(v' y) / dx for each index of each place's axis.
    void finish(Gradients& gradients) const {
        Graph& graph = gradients.graph;
        const auto types = infer_types(graph);
        for (const Place& place : places_) {
            const Dims& dims = types.at(place.value).dims;
            std::vector<std::int64_t> others;
            for (std::size_t i = 0; i < dims.size(); ++i) {
                if (i + 1 + place.from_end != dims.size()) others.push_back(static_cast<std::int64_t>(i));
            }
            std::string name = fmt::format("mask.{}", graph.outputs.size());
            while (types.contains(name) || types.contains(name + ".product") ||
                   types.contains(name + ".axes"))
                name += "'";
            const std::string product = name + ".product";
            const std::string axes = name + ".axes";
            graph.nodes.push_back(
                {product, "Mul", {place.value, gradients.of.at(place.value)}, {product}, {}});
            graph.initializers.emplace(axes, Tensor::of<std::int64_t>({std::ssize(others)}, others));
            graph.nodes.push_back(
                {name, "ReduceSum", {product, axes}, {name}, {{"keepdims", std::int64_t{0}}}});
            graph.outputs.push_back({name, {DType::f32, {dims[dims.size() - 1 - place.from_end]}}});
        }
    }

    /// What finish() has the network give.
    void take(const std::vector<Tensor>& slopes) {
        std::map<Place, std::span<const float>> by_place;
        for (std::size_t i = 0; i < places_.size(); ++i) by_place.emplace(places_[i], slopes[i].f32());
        for (std::size_t group = 0; group < units_.size(); ++group) {
            for (std::size_t u = 0; u < units_[group].size(); ++u) {
                double slope = 0;
                for (const auto& [place, indices] : units_[group][u].places) {
                    for (const std::int64_t i : indices)
                        slope += static_cast<double>(by_place.at(place)[static_cast<std::size_t>(i)]);
                }
                slope /= units_[group][u].factors;
                sums_[group][u] += slope * slope;
            }
        }
    }

    std::vector<float> scores(std::size_t group, double runs) const {
        std::vector<float> scores;
        for (const double sum : sums_[group]) scores.push_back(static_cast<float>(sum / runs));
        return scores;
    }

  private:
    std::vector<std::vector<Unit>> units_;  // by group
    std::vector<std::vector<double>> sums_;
    std::vector<Place> places_;
};

}  // namespace

std::map<const CoupledGroup*, std::vector<float>> mask_fisher(const Graph& graph,
                                                              std::span<const CoupledGroup* const> groups,
                                                              const Batches& batches, std::uint64_t seed,
                                                              int threads, const Progress& progress) {
    MaskFisher fisher(graph, groups);
    const std::int64_t runs =
        slopes(graph, batches,
               {.values = fisher.values(),
                .finish = [&](Gradients& gradients) { fisher.finish(gradients); },
                .take = [&](const std::vector<Tensor>& outputs) { fisher.take(outputs); },
                .seed = seed,
                .threads = threads,
                .progress = progress});
    std::map<const CoupledGroup*, std::vector<float>> scores;
    for (std::size_t group = 0; group < groups.size(); ++group)
        scores.emplace(groups[group], fisher.scores(group, static_cast<double>(runs)));
    return scores;
}

}  // namespace espalier::calibrate
