#include "surgery/permutation/permutation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "espalier/error.h"
#include "graph/coupling/axis_groups.h"
#include "prune/grouping/grouping.h"
#include "prune/units/granularity.h"
#include "surgery/permutation/units.h"
#include "surgery/removal/slices.h"

namespace espalier::surgery {
namespace {

/// An axis of a weight along which groups lie.
struct Deciding {
    std::size_t slice = 0;  // its place among those of every unit
    double share = 1;
};

/// Whether the weight's groups lie along this axis, one index after the other.
bool decides(const PrunableWeight& weight, const WeightSlice& slice, std::size_t rank,
             const UnitOrder& order) {
    if (!weight.stored_axis || *weight.stored_axis > 1 || slice.axis > 1 || rank < 2) return false;
    // In a grouped convolution neighbouring outputs read different inputs; gates are matrices of their own.
    if (weight.form.groups > 1 || !weight.form.parts.empty() || slice.indices.size() != 1) return false;
    const bool is_output = slice.axis == *weight.stored_axis;
    if (!order.of_inputs) return is_output;
    // Inputs of a convolution lie side by side for N:M; groups of 1xN lie along the window.
    return !is_output && (rank == 2 || order.keep > 0 || slice.inner == 1);
}

class Reorder {
  public:
    Reorder(Graph& graph, const UnitOrder& order, AxisOrders* axes)
        : graph_(graph), order_(order), axes_(axes) {
        for (PrunableWeight& weight : prunable(graph)) weights_.emplace(weight.name, std::move(weight));
    }

    Reordered units_of(const std::string& name, Units units) {
        Reordered result{.name = name, .units = std::ssize(units), .moved = 0, .left_out = {}};
        const std::vector<Deciding> deciding = deciding_of(*units.front());
        if (deciding.empty()) {
            result.left_out = "no weight has its groups along it";
            return result;
        }
        keep_whole_groups(units, deciding.front().slice);
        result.units = std::ssize(units);
        if (result.units < 2 * order_.size) {
            result.left_out = fmt::format("fewer than two groups of {}", order_.size);
            return result;
        }
        const std::vector<std::int64_t> places = places_of(units, deciding);
        for (std::size_t i = 0; i < places.size(); ++i)
            result.moved += places[i] != static_cast<std::int64_t>(i) ? 1 : 0;
        if (result.moved == 0) return result;
        move_units(graph_.initializers, units, places);
        if (axes_ != nullptr) note(units, places);
        return result;
    }

  private:
    std::vector<Deciding> deciding_of(const CoupledUnit& unit) const {
        std::vector<Deciding> found;
        for (std::size_t i = 0; i < unit.slices.size(); ++i) {
            const WeightSlice& slice = unit.slices[i];
            const auto weight = weights_.find(slice.weight);
            const auto share = order_.shares.find(slice.weight);
            if (weight == weights_.end() || share == order_.shares.end() || share->second >= 1) continue;
            const std::size_t rank = graph_.initializers.at(slice.weight).shape().size();
            if (decides(weight->second, slice, rank, order_)) found.push_back({i, share->second});
        }
        return found;
    }

    /// Those of groups, as they lie along the first deciding axis, that hold no other unit.
    void keep_whole_groups(Units& units, std::size_t slice) const {
        const auto index_of = [&](const CoupledUnit* unit) { return unit->slices[slice].indices.front(); };
        std::ranges::sort(units, {}, index_of);
        std::map<std::int64_t, std::int64_t> counts;
        for (const CoupledUnit* unit : units) ++counts[index_of(unit) / order_.size];
        std::erase_if(units, [&](const CoupledUnit* unit) {
            return counts.at(index_of(unit) / order_.size) < order_.size;
        });
    }

    /// The unit that comes to each unit's place.
    std::vector<std::int64_t> places_of(const Units& units, const std::vector<Deciding>& deciding) const {
        prune::Grouping grouping{.size = order_.size, .keep = order_.keep, .layers = {}};
        for (const Deciding& one : deciding) {
            const std::int64_t columns = units.front()->slices[one.slice].count();
            grouping.layers.push_back({.columns = columns, .share = one.share});
        }
        std::vector<float> values;
        for (const CoupledUnit* unit : units) {
            for (const Deciding& one : deciding) {
                const WeightSlice& slice = unit->slices[one.slice];
                const std::span<const float> weight = graph_.initializers.at(slice.weight).f32();
                each_element(slice, [&](std::size_t at) { values.push_back(std::abs(weight[at])); });
            }
        }
        return prune::order_rows(values, std::ssize(units), grouping);
    }

    /// What move_units() did, axis by axis.
    void note(const Units& units, const std::vector<std::int64_t>& places) const {
        for (std::size_t s = 0; s < units.front()->slices.size(); ++s) {
            const WeightSlice& first = units.front()->slices[s];
            if (!graph_.initializers.contains(first.weight)) continue;
            std::vector<std::int64_t>& order = (*axes_)[first.weight][first.axis];
            if (order.empty()) {
                order.resize(static_cast<std::size_t>(first.size));
                std::iota(order.begin(), order.end(), 0);
            }
            const std::vector<std::int64_t> from = order;
            for (std::size_t i = 0; i < places.size(); ++i) {
                const std::vector<std::int64_t>& to = units[i]->slices[s].indices;
                const std::vector<std::int64_t>& source =
                    units[static_cast<std::size_t>(places[i])]->slices[s].indices;
                for (std::size_t k = 0; k < to.size(); ++k)
                    order[static_cast<std::size_t>(to[k])] = from[static_cast<std::size_t>(source[k])];
            }
        }
    }

    Graph& graph_;
    const UnitOrder& order_;
    AxisOrders* axes_;
    std::map<std::string, PrunableWeight> weights_;
};

}  // namespace

UnitOrder unit_order(const std::string& granularity) {
    const prune::Grain grain = prune::parse_grain(granularity);
    const auto& [outputs, inputs, word] = grain.arguments;
    if (grain.granularity.tile == nullptr)
        return {.size = inputs, .of_inputs = true, .keep = outputs, .shares = {}};
    if (!grain.granularity.is_sized || outputs * inputs == 1)
        throw InvalidArgument(fmt::format(
            "granularity \"{}\" has no groups that an order could fill, expected RxC or N:M", granularity));
    if (outputs > 1) return {.size = outputs, .of_inputs = false, .keep = 0, .shares = {}};
    return {.size = inputs, .of_inputs = true, .keep = 0, .shares = {}};
}

std::vector<Reordered> reorder(Graph& graph, const UnitOrder& order, AxisOrders* axes) {
    // A normalisation over an axis computes the same in any order of it.
    const AxisGroups groups(graph, OverRest::followed);
    Reorder reordering(graph, order, axes);
    std::vector<Reordered> all;
    for (const CoupledGroup& group : groups.groups()) {
        if (!group.refused.empty()) {
            all.push_back({.name = group.name, .units = 0, .moved = 0, .left_out = group.refused});
            continue;
        }
        std::map<std::size_t, Units> kinds;
        for (const CoupledUnit& unit : group.units) kinds[unit.path].push_back(&unit);
        for (auto& [path, units] : kinds) all.push_back(reordering.units_of(group.name, std::move(units)));
    }
    return all;
}

}  // namespace espalier::surgery
