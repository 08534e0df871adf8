#include "runtime/attention/strided_view.h"

#include <algorithm>
#include <optional>

#include "espalier/error.h"
#include "graph/computation/slicing.h"
#include "runtime/lowering.h"

namespace espalier::runtime {
namespace {

std::int64_t size_of_dim(const StridedDim& dim) {
    std::int64_t size = 1;
    for (const StridedPart& part : dim) size *= part.size;
    return size;
}

/// Of integers, any rank; nothing where they are not known.
std::optional<std::vector<std::int64_t>> integers(const Tensor* tensor) {
    if (tensor == nullptr) return {};
    if (tensor->dtype() == DType::i64) {
        const auto values = tensor->as<std::int64_t>();
        return std::vector<std::int64_t>(values.begin(), values.end());
    }
    if (tensor->dtype() != DType::i32) return {};
    const auto values = tensor->as<std::int32_t>();
    return std::vector<std::int64_t>(values.begin(), values.end());
}

std::size_t axis_of(std::int64_t axis, std::size_t rank) {
    return static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis);
}

/// `count` positions from `first` on.
bool narrow(StridedDim& dim, std::int64_t first, std::int64_t count, std::int64_t& offset) {
    ESPALIER_ASSERT(first >= 0 && count >= 0 && first + count <= size_of_dim(dim));
    if (first == 0 && count == size_of_dim(dim)) return true;
    if (!merge(dim)) return false;
    offset += first * dim.front().step;
    dim.front().size = count;
    return true;
}

}  // namespace

std::int64_t StridedView::size(std::size_t dim) const { return size_of_dim(dims[dim]); }

std::vector<StridedDim> row_major_dims(const Shape& shape) {
    std::vector<StridedDim> dims(shape.size());
    std::int64_t step = 1;
    for (std::size_t i = shape.size(); i-- > 0; step *= shape[i]) dims[i] = {{shape[i], step}};
    return dims;
}

bool merge(StridedDim& dim) {
    StridedDim merged;
    for (const StridedPart& part : dim) {
        if (part.size == 1) continue;
        if (!merged.empty() && merged.back().step == part.size * part.step) {
            merged.back() = {merged.back().size * part.size, part.step};
        } else {
            merged.push_back(part);
        }
    }
    if (merged.size() > 1) return false;
    dim = merged.empty() ? StridedDim{{1, 0}} : merged;
    return true;
}

bool reshape(std::vector<StridedDim>& dims, const Shape& shape) {
    std::vector<StridedPart> left;  // the next one is the last
    for (auto dim = dims.rbegin(); dim != dims.rend(); ++dim)
        left.insert(left.end(), dim->rbegin(), dim->rend());
    std::vector<StridedDim> made;
    for (const std::int64_t size : shape) {
        StridedDim& dim = made.emplace_back();
        std::int64_t wanted = size;
        while (wanted > 1) {
            if (left.empty()) return false;
            StridedPart part = left.back();
            left.pop_back();
            if (part.size <= wanted) {
                if (part.size == 0 || wanted % part.size != 0) return false;
                wanted /= part.size;
                dim.push_back(part);
                continue;
            }
            if (part.size % wanted != 0) return false;
            const std::int64_t inner = part.size / wanted;
            dim.push_back({wanted, part.step * inner});
            left.push_back({inner, part.step});
            wanted = 1;
        }
        if (dim.empty()) dim.push_back({size, 0});
    }
    if (std::ranges::any_of(left, [](const StridedPart& part) { return part.size != 1; })) return false;
    dims = std::move(made);
    return true;
}

std::vector<std::int64_t> places_of(const std::vector<StridedDim>& dims, std::size_t first, std::size_t last,
                                    std::int64_t offset) {
    std::vector<std::int64_t> places = {offset};
    for (std::size_t i = first; i < last; ++i) {
        for (const StridedPart& part : dims[i]) {
            std::vector<std::int64_t> more;
            more.reserve(places.size() * static_cast<std::size_t>(part.size));
            for (const std::int64_t place : places) {
                for (std::int64_t at = 0; at < part.size; ++at) more.push_back(place + at * part.step);
            }
            places = std::move(more);
        }
    }
    return places;
}

ViewFinder::ViewFinder(const Graph& graph, const Types& types) : graph_(graph), types_(types) {
    for (const Node& node : graph.nodes) {
        for (const std::string& output : node.outputs) {
            if (!output.empty()) makers_[output] = &node;
        }
    }
}

const Node* ViewFinder::maker_of(const std::string& value) const {
    const auto found = makers_.find(value);
    return found == makers_.end() ? nullptr : found->second;
}

Shape ViewFinder::shape_of(const std::string& value) const {
    Shape shape;
    for (const Dim& dim : types_.at(value).dims) shape.push_back(dim.size());
    return shape;
}

const Tensor* ViewFinder::constant(const Node& node, std::size_t input) const {
    if (input >= node.inputs.size()) return nullptr;
    const auto found = graph_.initializers.find(node.inputs[input]);
    return found == graph_.initializers.end() ? nullptr : &found->second;
}

ViewFinder::Factor ViewFinder::factor_of(const Node& node) const {
    if (node.op != "Mul" && node.op != "Div") return {};
    for (const std::size_t of : {1U, 0U}) {
        const Tensor* number = constant(node, of);
        const bool fits = number != nullptr && number->dtype() == DType::f32 && number->count() == 1 &&
                          types_.at(node.inputs[1 - of]) == types_.at(node.outputs[0]);
        if (!fits || (node.op == "Div" && of == 0)) continue;
        const float value = number->f32()[0];
        return {node.op == "Mul" ? value : 1 / value, 1 - of};
    }
    return {};
}

StridedView ViewFinder::itself(const std::string& value) const {
    return {.source = value, .dims = row_major_dims(shape_of(value))};
}

bool ViewFinder::moves(const Node& node, const std::string& value) const {
    constexpr std::string_view kOps[] = {"Transpose", "Slice", "Split", "Gather", "Expand"};
    const auto type = types_.find(node.inputs[0]);
    if (type == types_.end() || type->second.dtype != types_.at(value).dtype) return false;
    const Lowering* lowering = lowerings().find(node.op);
    return std::ranges::find(kOps, node.op) != std::end(kOps) || (lowering != nullptr && lowering->view);
}

bool ViewFinder::apply(const Node& node, const std::string& value, StridedView& view) const {
    const auto fits = [&] {
        if (node.op == "Slice") return slice(node, view);
        if (node.op == "Split") return split(node, value, view);
        if (node.op == "Gather") return gather(node, view);
        if (node.op == "Expand") return expand(value, view);
        if (node.op != "Transpose") return reshape(view.dims, shape_of(value));
        std::vector<StridedDim> turned;
        std::vector<std::int64_t> backwards;
        for (std::size_t i = view.dims.size(); i-- > 0;) backwards.push_back(static_cast<std::int64_t>(i));
        for (const std::int64_t axis : node.attribute_ints("perm", backwards))
            turned.push_back(view.dims[static_cast<std::size_t>(axis)]);
        view.dims = std::move(turned);
        return true;
    };
    if (!fits()) return false;
    view.nodes.push_back(&node);
    return true;
}

bool ViewFinder::slice(const Node& node, StridedView& view) const {
    const auto starts = integers(constant(node, 1));
    const auto ends = integers(constant(node, 2));
    auto axes = integers(constant(node, 3));
    auto steps = integers(constant(node, 4));
    const auto is_given = [&](std::size_t input) {
        return input < node.inputs.size() && !node.inputs[input].empty();
    };
    if (!starts || !ends || (is_given(3) && !axes) || (is_given(4) && !steps)) return false;
    for (std::size_t i = 0; i < starts->size(); ++i) {
        const std::size_t axis = axes ? axis_of((*axes)[i], view.dims.size()) : i;
        const SliceRange range =
            slice_range(view.size(axis), (*starts)[i], (*ends)[i], steps ? (*steps)[i] : 1);
        if (range.step != 1 || !narrow(view.dims[axis], range.first, range.count, view.offset)) return false;
    }
    return true;
}

bool ViewFinder::split(const Node& node, const std::string& value, StridedView& view) const {
    const std::size_t axis = axis_of(node.attribute_int("axis", 0), view.dims.size());
    std::int64_t first = 0;
    for (const std::string& output : node.outputs) {
        if (output == value) return narrow(view.dims[axis], first, shape_of(output)[axis], view.offset);
        if (output.empty()) return false;
        first += shape_of(output)[axis];
    }
    return false;
}

bool ViewFinder::gather(const Node& node, StridedView& view) const {
    const Tensor* index = constant(node, 1);
    const auto at = integers(index);
    if (!at || at->size() != 1 || index->rank() > 1) return false;
    const std::size_t axis = axis_of(node.attribute_int("axis", 0), view.dims.size());
    const std::int64_t position = at->front() < 0 ? at->front() + view.size(axis) : at->front();
    if (position < 0 || position >= view.size(axis)) return false;  // refused where it is computed
    if (!narrow(view.dims[axis], position, 1, view.offset)) return false;
    if (index->rank() == 0) view.dims.erase(view.dims.begin() + static_cast<std::ptrdiff_t>(axis));
    return true;
}

bool ViewFinder::expand(const std::string& value, StridedView& view) const {
    const Shape shape = shape_of(value);
    view.dims.insert(view.dims.begin(), shape.size() - view.dims.size(), StridedDim{{1, 0}});
    for (std::size_t i = 0; i < shape.size(); ++i) {
        if (view.size(i) != shape[i]) view.dims[i] = {{shape[i], 0}};
    }
    return true;
}

}  // namespace espalier::runtime
