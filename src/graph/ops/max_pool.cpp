// MaxPool: the largest value under the window; what is padded counts as -infinity. The second output says
// where it is: its place in the whole value, images counted along their rows or, with storage_order = 1,
// their columns.
#include <algorithm>
#include <limits>

#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"
#include "graph/spatial/images.h"

namespace espalier::ops_::max_pool_ {
namespace {

void infer(InferContext& context) {
    const Dims& x = context.input(0).dims;
    Dims out = slide(context, Window::of(context.node(), image_rank(context)));
    out.insert(out.begin(), {x[0], x[1]});
    context.set_output(0, {context.input(0).dtype, out});
    context.set_output(1, {DType::i64, out});
}

/// The place in column-major order, the first axis fastest.
std::int64_t in_columns(const Volume& image, std::int64_t at) {
    const std::int64_t d = at / (image[1] * image[2]);
    const std::int64_t h = at / image[2] % image[1];
    return d + image[0] * (h + image[1] * (at % image[2]));
}

void evaluate(Evaluation& e) {
    const Shape& x = e.input(0).shape();
    const auto axes = volume_axes(Window::of(e.node(), x.size() - 2).on(std::span(x).subspan(2)).axes);
    const Volume image = volume_of(x);
    const Volume target = volume_of(e.output().shape());
    const bool columns = e.node().attribute_int("storage_order", 0) != 0;
    e.numbers(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        T* y = e.result<T>();
        std::int64_t* where = e.result<std::int64_t>(1);
        for (std::int64_t i = 0; i < x[0] * x[1]; ++i) {
            const std::int64_t start = i * positions_in(image);
            const T* from = e.data<T>(0) + start;
            places(target, [&](const Volume& place) {
                std::int64_t best = -1;
                Taps::at(axes, image, place).visit(axes, image, [&](const Volume&, std::int64_t at) {
                    if (best < 0 || from[at] > from[best]) best = at;
                });
                const T none = std::numeric_limits<T>::has_infinity
                                   ? static_cast<T>(-std::numeric_limits<T>::infinity())
                                   : std::numeric_limits<T>::lowest();
                *y++ = best < 0 ? none : from[best];
                *where++ = start + (columns && best >= 0 ? in_columns(image, best) : best);
            });
        }
    });
}

}  // namespace

extern const Operator max_pool{.name = "MaxPool",
                               .summary = "largest value under a window",
                               .outputs = 2,
                               .infer = infer,
                               .evaluate = evaluate,
                               .couple = couple_images};

}  // namespace espalier::ops_::max_pool_
