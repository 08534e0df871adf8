// GlobalAveragePool: [N, C, d_1, ..., d_n] -> [N, C, 1, ..., 1], the mean of each channel.
#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"
#include "graph/walk.h"

namespace espalier::ops_::global_average_pool_ {
namespace {

void infer(InferContext& context) {
    Dims dims = context.input(0).dims;
    if (dims.size() < 3) context.fail("input of shape " + to_string(dims) + ", expected N x C x H x W");
    for (std::size_t i = 2; i < dims.size(); ++i) dims[i] = Dim(1);
    context.set_output(0, {context.input(0).dtype, std::move(dims)});
}

void evaluate(Evaluation& e) {
    const Shape& x = e.input(0).shape();
    const std::int64_t each = product_of(x, 2, x.size());
    e.floats(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T* from = e.data<T>(0);
        for (T& y : e.output().as<T>()) {
            double sum = 0;
            for (std::int64_t i = 0; i < each; ++i) sum += static_cast<double>(*from++);
            y = static_cast<T>(sum / static_cast<double>(each));
        }
    });
}

}  // namespace

extern const Operator global_average_pool{.name = "GlobalAveragePool",
                                          .summary = "mean of each channel",
                                          .infer = infer,
                                          .evaluate = evaluate,
                                          .couple = couple_images};

}  // namespace espalier::ops_::global_average_pool_
