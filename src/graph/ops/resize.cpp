// Resize (opset 13): images of another size, by the nearest element or by linear or cubic interpolation along
// each dimension. Inputs x, region (for tf_crop_and_resize), scales or sizes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "graph/computation/index_maps.h"
#include "graph/coupling/coupling.h"
#include "graph/spatial/resampling.h"
#include "tensor/convert.h"

namespace espalier::ops_::resize_ {
namespace {

constexpr std::size_t kRegion = 1;
constexpr std::size_t kScales = 2;
constexpr std::size_t kSizes = 3;

/// An empty tensor stands for an input that is left out.
bool is_given(const InferContext& context, std::size_t index) {
    return context.has_input(index) && !(context.input(index).dims == Dims{Dim(0)});
}

Dim scaled(const InferContext& context, const Dim& dim, float scale) {
    if (!(scale > 0)) context.fail(fmt::format("a scale of {}", scale));
    if (scale == 1) return dim;
    if (!dim.is_fixed()) return {};
    const double size = std::floor(static_cast<double>(dim.size()) * static_cast<double>(scale));
    if (size > 1e15) context.fail("more elements than memory can hold");
    return static_cast<std::int64_t>(size);
}

void check_count(const InferContext& context, std::size_t index, std::size_t rank) {
    context.require_rank(index, 1, "scales or sizes");
    context.unify(Dim(static_cast<std::int64_t>(rank)), context.input(index).dims[0], "scales or sizes");
}

void infer(InferContext& context) {
    Resampling::of(context.node());  // throws on what it does not know
    Dims out = context.input(0).dims;
    if (is_given(context, kSizes)) {
        check_count(context, kSizes, out.size());
        out = given_dims(context, kSizes);
    } else if (is_given(context, kScales)) {
        check_count(context, kScales, out.size());
        if (context.input(kScales).dtype != DType::f32) context.fail("scales are not f32");
        const Tensor* scales = context.constant(kScales);
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] = scales == nullptr ? Dim() : scaled(context, out[i], scales->f32()[i]);
    } else {
        context.fail("neither scales nor sizes are given");
    }
    const Dims& x = context.input(0).dims;
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (x[i] == Dim(0) && out[i].is_fixed() && out[i].size() > 0)
            context.fail("a dimension of 0 cannot grow");
    }
    if (context.node().attribute_string("coordinate_transformation_mode", "") == "tf_crop_and_resize") {
        if (!is_given(context, kRegion)) context.fail("tf_crop_and_resize without a region");
        context.require_float(kRegion);
        context.unify(Dim(2 * static_cast<std::int64_t>(out.size())),
                      product(context, context.input(kRegion).dims), "numbers of the region");
    }
    context.set_output(0, {context.input(0).dtype, std::move(out)});
}

using Samples = std::vector<std::vector<Sample>>;  // of each dimension

Samples samples_of(Evaluation& e) {
    const Resampling resampling = Resampling::of(e.node());
    const Shape& x = e.input(0).shape();
    const Shape& y = e.output().shape();
    const bool by_sizes = e.has_input(kSizes) && e.input(kSizes).count() > 0;
    const bool has_region = e.has_input(kRegion) && e.input(kRegion).count() > 0;
    const Tensor region = has_region ? converted(e.input(kRegion), DType::f64) : Tensor(DType::f64, {0});
    Samples samples;
    for (std::size_t d = 0; d < x.size(); ++d) {
        const double scale = by_sizes ? static_cast<double>(y[d]) / static_cast<double>(x[d])
                                      : static_cast<double>(e.data<float>(kScales)[d]);
        const double begin = has_region ? region.as<double>()[d] : 0;
        const double end = has_region ? region.as<double>()[d + x.size()] : 1;
        samples.push_back(resampling.along(x[d], y[d], scale, begin, end));
    }
    return samples;
}

/// Dimension `axis` of `x` resampled; elements outside become `outside`.
std::vector<double> resampled(const std::vector<double>& x, Shape& shape, std::size_t axis,
                              const std::vector<Sample>& samples, double outside) {
    const std::int64_t inner = product_of(shape, axis + 1, shape.size());
    const std::int64_t outer = product_of(shape, 0, axis);
    const std::int64_t size = shape[axis];
    std::vector<double> y;
    y.reserve(static_cast<std::size_t>(outer * inner) * samples.size());
    for (std::int64_t i = 0; i < outer; ++i) {
        for (const Sample& sample : samples) {
            for (std::int64_t k = 0; k < inner; ++k) {
                double sum = 0;
                for (std::size_t t = 0; t < static_cast<std::size_t>(sample.count); ++t) {
                    const std::int64_t at = (i * size + sample.places[t]) * inner + k;
                    sum += sample.weights[t] * x[static_cast<std::size_t>(at)];
                }
                y.push_back(sample.outside ? outside : sum);
            }
        }
    }
    shape[axis] = std::ssize(samples);
    return y;
}

/// Whether each place is that of the input. Not so wherever as many are left: a scale of 1.3 over 3 places.
bool is_identity(const std::vector<Sample>& samples, std::int64_t size) {
    if (std::ssize(samples) != size) return false;
    for (std::int64_t i = 0; i < size; ++i) {
        const Sample& sample = samples[static_cast<std::size_t>(i)];
        if (sample.outside) return false;
        double own = 0;
        for (std::size_t t = 0; t < static_cast<std::size_t>(sample.count); ++t)
            own += sample.places[t] == i ? sample.weights[t] : 0;
        if (own != 1) return false;
    }
    return true;
}

void interpolate(Evaluation& e, const Samples& samples, double outside) {
    Shape shape = e.input(0).shape();
    const Tensor wide = converted(e.input(0), DType::f64);
    std::vector<double> values(wide.as<double>().begin(), wide.as<double>().end());
    for (std::size_t d = 0; d < samples.size(); ++d) {
        if (!is_identity(samples[d], shape[d])) values = resampled(values, shape, d, samples[d], outside);
    }
    e.set_output(0, converted(Tensor::of<double>(shape, values), e.output_type(0).dtype));
}

void evaluate(Evaluation& e) {
    const Samples samples = samples_of(e);
    const float outside = e.node().attribute_float("extrapolation_value", 0);
    if (e.node().attribute_string("mode", "nearest") != "nearest")
        return interpolate(e, samples, static_cast<double>(outside));
    IndexMaps maps;
    for (const auto& along : samples) {
        auto& map = maps.emplace_back();
        for (const Sample& sample : along) map.push_back(sample.outside ? -1 : sample.places[0]);
    }
    const Tensor fill = converted(Tensor::of<float>({}, std::vector{outside}), e.dtype());
    gather_by_maps(e, maps, fill.bytes().data());
}

constexpr std::size_t kSettings[] = {1, 2, 3};

constexpr std::size_t kSizesAlone[] = {kSizes};

/// Along an axis that keeps its size nothing is mixed, unless a scale or a region moves its elements all the
/// same.
void couple(Coupling& coupling) {
    const bool crops =
        coupling.node().attribute_string("coordinate_transformation_mode", "") == "tf_crop_and_resize";
    const Tensor* scales = coupling.constant(kScales);
    const bool has_scales = scales != nullptr && scales->count() > 0 && scales->dtype() == DType::f32;
    for (std::size_t axis = 0; axis < coupling.output().size() && !crops; ++axis) {
        if (coupling.input(0)[axis] == coupling.output()[axis] && (!has_scales || scales->f32()[axis] == 1))
            coupling.same({in(0, axis), out(0, axis)});
    }
}

void shrink(Shrinking& shrinking) {
    if (shrinking.has_input(kSizes)) shrink_sizes(shrinking, kSizes);
}

}  // namespace

extern const Operator resize{.name = "Resize",
                             .summary = "images of another size",
                             .max_inputs = 4,
                             .infer = infer,
                             .evaluate = evaluate,
                             .settings = kSettings,
                             .sizes = kSizesAlone,
                             .couple = couple,
                             .shrink = shrink};

}  // namespace espalier::ops_::resize_
