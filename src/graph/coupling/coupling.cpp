#include "graph/coupling/coupling.h"

#include <fmt/format.h>

#include <algorithm>

#include "espalier/error.h"

namespace espalier {
namespace {

std::optional<std::vector<std::int64_t>> integers_of(const Tensor& tensor) {
    if (tensor.dtype() == DType::i64)
        return std::vector<std::int64_t>(tensor.as<std::int64_t>().begin(), tensor.as<std::int64_t>().end());
    if (tensor.dtype() == DType::i32)
        return std::vector<std::int64_t>(tensor.as<std::int32_t>().begin(), tensor.as<std::int32_t>().end());
    return {};
}

}  // namespace

std::optional<std::vector<std::int64_t>> Coupling::integers(std::size_t index) const {
    return constant(index) == nullptr ? std::nullopt : integers_of(*constant(index));
}

void Coupling::same(const std::vector<OperandAxis>& axes) {
    std::vector<std::pair<OperandAxis, ThingOf>> all;
    for (const OperandAxis& axis : axes) all.emplace_back(axis, [](std::int64_t index) { return index; });
    same_by(all);
}

void Coupling::same_by(const std::vector<std::pair<OperandAxis, ThingOf>>& axes) {
    AxisRelation relation;
    for (const auto& [axis, thing_of] : axes) {
        if (!is_there(axis)) continue;
        AxisRelation::Member& member = relation.members.emplace_back();
        member.axis = axis;
        for (std::int64_t i = 0; i < size(axis); ++i) member.things.push_back(thing_of(i));
    }
    relations_.push_back(std::move(relation));
}

void Coupling::over_rest(const std::vector<OperandAxis>& axes, WriteOverRest write) {
    same(axes);
    relations_.back().over_rest = write;
}

void Coupling::over_rest_by(const std::vector<std::pair<OperandAxis, ThingOf>>& axes, WriteOverRest write) {
    same_by(axes);
    relations_.back().over_rest = write;
}

void couple_elements(Coupling& coupling) {
    const Shape& y = coupling.output();
    for (std::size_t axis = 0; axis < y.size(); ++axis) {
        std::vector<OperandAxis> axes = {out(0, axis)};
        for (std::size_t i = 0; i < coupling.input_count(); ++i) {
            if (!coupling.has_input(i)) continue;
            const std::size_t missing = y.size() - coupling.input(i).size();
            if (axis >= missing && coupling.input(i)[axis - missing] == y[axis])
                axes.push_back(in(i, axis - missing));
        }
        coupling.same(axes);
    }
}

void couple_but_axis(Coupling& coupling, std::size_t axis) {
    for (std::size_t other = 0; other < coupling.output().size(); ++other) {
        if (other != axis) coupling.same({in(0, other), out(0, other)});
    }
}

void couple_images(Coupling& coupling) {
    coupling.same({in(0, 0), out(0, 0)});
    coupling.same({in(0, 1), out(0, 1)});
}

bool keeps_first_axis(const Coupling& coupling, const std::set<std::size_t>& slices) {
    if (slices != std::set<std::size_t>{0} || coupling.output().empty()) return false;
    return coupling.input(0).front() == coupling.output().front();
}

std::size_t axis_from_front(const Coupling& coupling, std::int64_t fallback, std::size_t rank) {
    const std::int64_t axis = coupling.node().attribute_int("axis", fallback);
    return static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis);
}

std::vector<std::int64_t> Shrinking::integers(std::size_t index) const {
    const auto constant = constants_.find(node_.inputs[index]);
    if (constant == constants_.end())
        refuse(fmt::format("input {} is computed, so its numbers cannot be changed", index));
    if (auto integers = integers_of(constant->second)) return *std::move(integers);
    refuse(fmt::format("input {} is {}, expected integers", index, name_of(constant->second.dtype())));
}

void Shrinking::refuse(const std::string& why) const {
    throw Unsupported(fmt::format("{}: {}", describe(node_), why));
}

void shrink_sizes(Shrinking& shrinking, std::size_t index) {
    std::vector<std::int64_t> sizes;
    for (std::int64_t axis = 0; axis < shrinking.rank(out(0, 0)); ++axis) {
        const auto kept = shrinking.kept(out(0, static_cast<std::size_t>(axis)));
        if (kept.empty()) continue;
        if (sizes.empty()) sizes = shrinking.integers(index);
        std::int64_t& size = sizes[static_cast<std::size_t>(axis)];
        if (size > 0) size = std::ssize(kept);  // 0 and -1 follow from the input
    }
    if (!sizes.empty()) shrinking.set_integers(index, sizes);
}

}  // namespace espalier
