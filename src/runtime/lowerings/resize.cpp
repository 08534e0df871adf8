// Resize by constants: the nearest element, or interpolation along the last two dimensions.
#include <algorithm>
#include <span>

#include "graph/spatial/resampling.h"
#include "runtime/loops/index_copy.h"
#include "runtime/loops/loop_kernel.h"

namespace espalier::runtime::lowerings_::resize_ {
namespace {

bool takes(const Node& node, const std::map<std::string, ValueType>& types, const Graph&) {
    if (node.attribute_string("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize")
        return false;
    const Dims& x = types.at(node.inputs[0]).dims;
    if (node.attribute_string("mode", "nearest") == "nearest") return true;
    return x.size() > 2 && std::equal(x.begin(), x.end() - 2, types.at(node.outputs[0]).dims.begin());
}

/// Of one of the last two dimensions.
std::vector<Sample> samples_of(const LoweringContext& site, std::size_t axis) {
    const std::int64_t size = site.operands[0].shape[axis];
    const std::int64_t target = site.output[axis];
    double scale = static_cast<double>(target) / static_cast<double>(size);
    const Tensor& last =
        *site.operands.back().constant;  // scales, or sizes, which say the same as the target
    if (last.dtype() == DType::f32) scale = static_cast<double>(last.f32()[axis]);
    return Resampling::of(site.node).along(size, target, scale, 0, 1);
}

float weighted(const float* row, const Sample& sample) {
    float sum = 0;
    for (std::size_t t = 0; t < static_cast<std::size_t>(sample.count); ++t)
        sum += static_cast<float>(sample.weights[t]) * row[sample.places[t]];
    return sum;
}

Candidate interpolated(const LoweringContext& site) {
    const Shape& x = site.operands[0].shape;
    const Shape& y = site.output;
    const auto rows = samples_of(site, y.size() - 2);
    const auto columns = samples_of(site, y.size() - 1);
    const std::int64_t width = x.back();
    const std::int64_t image = x[x.size() - 2] * width;
    const std::int64_t height = y[y.size() - 2];
    const std::int64_t lines = element_count(y) / y.back();
    return loops(lines, 8 * element_count(y),
                 [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
                     for (std::int64_t line = begin; line < end; ++line) {
                         const Sample& row = rows[static_cast<std::size_t>(line % height)];
                         const float* from = inputs[0].f32() + line / height * image;
                         float* to = output.f32() + line * std::ssize(columns);
                         for (std::size_t k = 0; k < columns.size(); ++k) {
                             float sum = 0;
                             for (std::size_t t = 0; t < static_cast<std::size_t>(row.count); ++t)
                                 sum += static_cast<float>(row.weights[t]) *
                                        weighted(from + row.places[t] * width, columns[k]);
                             to[k] = sum;
                         }
                     }
                 });
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    if (site.node.attribute_string("mode", "nearest") == "nearest") return moved(site);
    return {interpolated(site)};
}

}  // namespace

extern const Lowering resize{.name = "Resize",
                             .summary = "images of another size",
                             .candidates = candidates,
                             .takes = takes,
                             .data_inputs = 1};

}  // namespace espalier::runtime::lowerings_::resize_
