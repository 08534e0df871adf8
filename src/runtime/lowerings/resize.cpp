// Resize by constants: the nearest element, or interpolation along the last two dimensions.
#include <algorithm>
#include <span>

#include "graph/spatial/resampling.h"
#include "runtime/loops/index_copy.h"
#include "runtime/loops/loop_kernel.h"

namespace espalier::runtime::lowerings_::resize_ {
namespace {

/// Whether only the last two dimensions change. Sizes may stay where a scale is not 1, and elements move all
/// the same. `last`: scales, or sizes.
bool resizes_images(const Dims& x, const Dims& y, const Tensor& last) {
    if (x.size() < 3 || !std::equal(x.begin(), x.end() - 2, y.begin())) return false;
    return last.dtype() != DType::f32 ||
           std::ranges::all_of(last.f32().first(x.size() - 2), [](float scale) { return scale == 1; });
}

bool takes(const Node& node, const std::map<std::string, ValueType>& types, const Graph& graph) {
    if (node.attribute_string("coordinate_transformation_mode", "half_pixel") == "tf_crop_and_resize")
        return false;
    if (node.attribute_string("mode", "nearest") == "nearest") return true;
    const auto last = graph.initializers.find(node.inputs.back());
    return last != graph.initializers.end() &&
           resizes_images(types.at(node.inputs[0]).dims, types.at(node.outputs[0]).dims, last->second);
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

/// Every element twice: what most networks do, and what the compiler makes vectors of.
void double_row(const float* from, std::int64_t count, float* to) {
    for (std::int64_t i = 0; i < count; ++i) to[2 * i] = to[2 * i + 1] = from[i];
}

/// The nearest element, row by row: rows that repeat are copied.
Candidate nearest(const LoweringContext& site) {
    const Shape& x = site.operands[0].shape;
    const Shape& y = site.output;
    std::vector<std::int64_t> rows, columns;
    for (const Sample& sample : samples_of(site, y.size() - 2)) rows.push_back(sample.places[0]);
    for (const Sample& sample : samples_of(site, y.size() - 1)) columns.push_back(sample.places[0]);
    const std::int64_t width = x.back();
    const std::int64_t image = x[x.size() - 2] * width;
    bool doubles = std::ssize(columns) == 2 * width;
    for (std::int64_t i = 0; i < std::ssize(columns); ++i)
        doubles = doubles && columns[static_cast<std::size_t>(i)] == i / 2;
    const std::int64_t lines = element_count(y) / y.back();
    return loops(lines, element_count(y),
                 [=](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
                     const std::int64_t out = std::ssize(columns);
                     const float* before = nullptr;
                     for (std::int64_t line = begin; line < end; ++line) {
                         const std::int64_t row = rows[static_cast<std::size_t>(line % std::ssize(rows))];
                         const float* from = inputs[0].f32() + line / std::ssize(rows) * image + row * width;
                         float* to = output.f32() + line * out;
                         if (from == before) {
                             std::copy_n(to - out, out, to);
                         } else if (doubles) {
                             double_row(from, width, to);
                         } else {
                             for (std::int64_t k = 0; k < out; ++k)
                                 to[k] = from[columns[static_cast<std::size_t>(k)]];
                         }
                         before = from;
                     }
                 });
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    if (site.node.attribute_string("mode", "nearest") != "nearest") return {interpolated(site)};
    const bool images =
        resizes_images(to_dims(site.operands[0].shape), to_dims(site.output), *site.operands.back().constant);
    return images ? std::vector<Candidate>{nearest(site)} : moved(site);
}

}  // namespace

extern const Lowering resize{.name = "Resize",
                             .summary = "images of another size",
                             .candidates = candidates,
                             .takes = takes,
                             .data_inputs = 1};

}  // namespace espalier::runtime::lowerings_::resize_
