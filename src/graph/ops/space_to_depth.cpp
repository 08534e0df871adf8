// SpaceToDepth: squares of pixels become channels, [N, C, H b, W b] -> [N, b b C, H, W].
#include <fmt/format.h>

#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"
#include "graph/walk.h"

namespace espalier::ops_::space_to_depth_ {
namespace {

void infer(InferContext& context) {
    context.require_rank(0, 4, "input");
    const std::int64_t block = context.node().attribute_int("blocksize", 0);
    if (block < 1 || block > (1 << 15)) context.fail(fmt::format("blocksize={}", block));
    const Dims& x = context.input(0).dims;
    const auto shrunk = [&](const Dim& dim) {
        if (dim.is_fixed() && dim.size() % block != 0)
            context.fail(
                fmt::format("an image of {} does not split into squares of {}", to_string(x), block));
        return dim.is_fixed() ? Dim(dim.size() / block) : Dim();
    };
    const Dim channels = product(context, std::vector{x[1], Dim(block * block)});
    context.set_output(0, {context.input(0).dtype, {x[0], channels, shrunk(x[2]), shrunk(x[3])}});
}

void evaluate(Evaluation& e) {
    const Shape& x = e.input(0).shape();
    const Shape& y = e.output().shape();
    const std::int64_t block = e.node().attribute_int("blocksize", 1);
    const Shape sizes = {y[0], block, block, x[1], y[2], y[3]};
    copy_part(sizes, size_of(e.dtype()),
              {.data = e.input(0).bytes().data(),
               .strides = {x[1] * x[2] * x[3], x[3], 1, x[2] * x[3], block * x[3], block}},
              {.data = e.output().bytes().data(), .strides = row_major_strides(sizes)});
}

}  // namespace

extern const Operator space_to_depth{.name = "SpaceToDepth",
                                     .summary = "squares of pixels become channels",
                                     .infer = infer,
                                     .evaluate = evaluate,
                                     .takes_halves = true,
                                     .moves = 1,
                                     .keeps_examples = keeps_first_axis};

}  // namespace espalier::ops_::space_to_depth_
