// GlobalAveragePool: [N, C, d_1, ..., d_n] -> [N, C, 1, ..., 1], the mean of each channel.
#include "graph/op.h"

namespace espalier::ops_ {
namespace {

void infer(InferContext& context) {
    Dims dims = context.input(0).dims;
    if (dims.size() < 3) context.fail("input of shape " + to_string(dims) + ", expected N x C x H x W");
    for (std::size_t i = 2; i < dims.size(); ++i) dims[i] = Dim(1);
    context.set_output(0, {context.input(0).dtype, std::move(dims)});
}

}  // namespace

extern const Operator global_average_pool{
    .name = "GlobalAveragePool", .summary = "mean of each channel", .infer = infer};

}  // namespace espalier::ops_
