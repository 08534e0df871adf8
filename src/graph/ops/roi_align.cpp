// RoiAlign (He et al. 2017): each region of an image as a small image of fixed size, of which an element is
// the mean (or the greatest) of samples between the pixels. x [N, C, H, W], rois [R, 4] of x1, y1, x2, y2,
// batch_indices [R]
// -> [R, C, output_height, output_width].
#include <algorithm>
#include <cmath>

#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"

namespace espalier::ops_::roi_align_ {
namespace {

constexpr std::int64_t kMostSize = 1 << 16;

void infer(InferContext& context) {
    context.require_float(0);
    context.require_rank(0, 4, "images");
    context.require_rank(1, 2, "regions");
    context.require_rank(2, 1, "indices of images");
    if (context.input(1).dtype != context.input(0).dtype)
        context.fail("regions and images of different types");
    if (context.input(2).dtype != DType::i64) context.fail("indices of images must be i64");
    const Dims& rois = context.input(1).dims;
    context.unify(Dim(4), rois[1], "numbers of a region");
    context.unify(rois[0], context.input(2).dims[0], "indices of images");
    const std::int64_t height = context.node().attribute_int("output_height", 1);
    const std::int64_t width = context.node().attribute_int("output_width", 1);
    if (height < 1 || width < 1 || height > kMostSize || width > kMostSize)
        context.fail("output of " + std::to_string(height) + " x " + std::to_string(width));
    const std::int64_t samples = context.node().attribute_int("sampling_ratio", 0);
    if (samples < 0 || samples > kMostSize) context.fail("sampling_ratio=" + std::to_string(samples));
    const std::string mode = context.node().attribute_string("mode", "avg");
    if (mode != "avg" && mode != "max") context.fail("mode=\"" + mode + "\", expected avg or max");
    context.set_output(
        0, {context.input(0).dtype, {rois[0], context.input(0).dims[1], Dim(height), Dim(width)}});
}

/// Pixels around a place and their shares; nothing where the place is not in the image.
struct Sample {
    std::int64_t at[4] = {};
    double shares[4] = {};
};

Sample sample_at(double y, double x, std::int64_t height, std::int64_t width) {
    if (y < -1 || x < -1 || y > static_cast<double>(height) || x > static_cast<double>(width)) return {};
    y = std::clamp(y, 0.0, static_cast<double>(height) - 1);
    x = std::clamp(x, 0.0, static_cast<double>(width) - 1);
    const auto top = static_cast<std::int64_t>(y);
    const auto left = static_cast<std::int64_t>(x);
    const std::int64_t bottom = std::min(top + 1, height - 1);
    const std::int64_t right = std::min(left + 1, width - 1);
    const double down = y - static_cast<double>(top);
    const double across = x - static_cast<double>(left);
    return {.at = {top * width + left, top * width + right, bottom * width + left, bottom * width + right},
            .shares = {(1 - down) * (1 - across), (1 - down) * across, down * (1 - across), down * across}};
}

/// One region along one axis.
struct Span {
    double start = 0, bin = 0;
    std::int64_t samples = 1;  // of a bin

    double place(std::int64_t index, std::int64_t sample) const {
        return start + bin * (static_cast<double>(index) +
                              (static_cast<double>(sample) + 0.5) / static_cast<double>(samples));
    }
};

Span span_of(const Evaluation& e, double from, double to, std::int64_t bins) {
    const double scale = static_cast<double>(e.node().attribute_float("spatial_scale", 1));
    // Of opset 10, which knows no half pixels, the reader says so (src/onnx/upgrades/roi_align_places.cpp).
    const bool half =
        e.node().attribute_string("coordinate_transformation_mode", "half_pixel") == "half_pixel";
    Span span{.start = from * scale - (half ? 0.5 : 0)};
    double size = (to - from) * scale;
    if (!half) size = std::max(size, 1.0);
    span.bin = size / static_cast<double>(bins);
    const std::int64_t given = e.node().attribute_int("sampling_ratio", 0);
    if (!std::isfinite(span.start) || !(std::abs(size) <= 1e6))
        e.fail("a region that is no part of an image");
    span.samples =
        given > 0 ? given : std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(span.bin)));
    return span;
}

void evaluate(Evaluation& e) {
    const Shape& x = e.input(0).shape();
    const Shape& y = e.output().shape();
    const bool greatest = e.node().attribute_string("mode", "avg") == "max";
    e.floats(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        T* to = e.result<T>();
        for (std::int64_t r = 0; r < y[0]; ++r) {
            const T* roi = e.data<T>(1) + r * 4;
            const std::int64_t image = e.data<std::int64_t>(2)[r];
            if (image < 0 || image >= x[0]) e.fail("batch_indices name image " + std::to_string(image));
            const Span rows = span_of(e, static_cast<double>(roi[1]), static_cast<double>(roi[3]), y[2]);
            const Span columns = span_of(e, static_cast<double>(roi[0]), static_cast<double>(roi[2]), y[3]);
            const double count = static_cast<double>(rows.samples * columns.samples);
            for (std::int64_t c = 0; c < y[1]; ++c) {
                const T* from = e.data<T>(0) + (image * x[1] + c) * x[2] * x[3];
                for (std::int64_t i = 0; i < y[2] * y[3]; ++i) {
                    double sum = 0;
                    double most = -HUGE_VAL;
                    for (std::int64_t s = 0; s < rows.samples * columns.samples; ++s) {
                        const Sample sample =
                            sample_at(rows.place(i / y[3], s / columns.samples),
                                      columns.place(i % y[3], s % columns.samples), x[2], x[3]);
                        for (int k = 0; k < 4; ++k) {
                            const double part =
                                sample.shares[k] == 0
                                    ? 0
                                    : sample.shares[k] * static_cast<double>(from[sample.at[k]]);
                            sum += part;
                            most = std::max(most, part);
                        }
                    }
                    *to++ = static_cast<T>(greatest ? most : sum / count);
                }
            }
        }
    });
}

void couple(Coupling& coupling) {
    coupling.same({in(0, 1), out(0, 1)});
    coupling.same({in(1, 0), in(2, 0), out(0, 0)});
}

}  // namespace

extern const Operator roi_align{.name = "RoiAlign",
                                .summary = "regions of images as small images",
                                .min_inputs = 3,
                                .max_inputs = 3,
                                .infer = infer,
                                .evaluate = evaluate,
                                .couple = couple};

}  // namespace espalier::ops_::roi_align_
