// AveragePool: the mean under the window; with count_include_pad = 0 of what lies in the image.
#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"
#include "graph/spatial/images.h"

namespace espalier::ops_::average_pool_ {
namespace {

void infer(InferContext& context) {
    context.node().attribute_int("count_include_pad", 0);  // throws on another type
    context.require_float(0);
    const Dims& x = context.input(0).dims;
    const Window window = Window::of(context.node(), image_rank(context));
    if (window.ceil && window.auto_pad != AutoPad::explicit_)
        context.refuse("ceil_mode with auto_pad is not supported");
    Dims out = slide(context, window);
    out.insert(out.begin(), {x[0], x[1]});
    context.set_output(0, {context.input(0).dtype, std::move(out)});
}

void evaluate(Evaluation& e) {
    const Shape& x = e.input(0).shape();
    const auto axes = volume_axes(Window::of(e.node(), x.size() - 2).on(std::span(x).subspan(2)).axes);
    const Volume image = volume_of(x);
    const Volume target = volume_of(e.output().shape());
    const bool counts_padding = e.node().attribute_int("count_include_pad", 0) != 0;
    e.floats(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        T* y = e.result<T>();
        for (std::int64_t i = 0; i < x[0] * x[1]; ++i) {
            const T* from = e.data<T>(0) + i * positions_in(image);
            places(target, [&](const Volume& place) {
                double sum = 0;
                std::int64_t seen = 0;
                Taps::at(axes, image, place).visit(axes, image, [&](const Volume&, std::int64_t at) {
                    sum += static_cast<double>(from[at]);
                    ++seen;
                });
                const std::int64_t count = counts_padding ? padded_taps(axes, image, place) : seen;
                *y++ = static_cast<T>(sum / static_cast<double>(count));
            });
        }
    });
}

}  // namespace

extern const Operator average_pool{.name = "AveragePool",
                                   .summary = "mean under a window",
                                   .infer = infer,
                                   .evaluate = evaluate,
                                   .couple = couple_images};

}  // namespace espalier::ops_::average_pool_
