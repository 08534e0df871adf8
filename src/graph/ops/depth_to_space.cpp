// DepthToSpace: blocks of channels become squares of pixels, [N, C b b, H, W] -> [N, C, H b, W b]. In mode
// DCR the channels of one square lie C apart, in CRD beside each other.
#include <fmt/format.h>

#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"
#include "graph/walk.h"

namespace espalier::ops_::depth_to_space_ {
namespace {

void infer(InferContext& context) {
    context.require_rank(0, 4, "input");
    const std::int64_t block = context.node().attribute_int("blocksize", 0);
    if (block < 1 || block > (1 << 15)) context.fail(fmt::format("blocksize={}", block));
    const std::string mode = context.node().attribute_string("mode", "DCR");
    if (mode != "DCR" && mode != "CRD") context.fail("mode=\"" + mode + "\", expected DCR or CRD");
    const Dims& x = context.input(0).dims;
    if (x[1].is_fixed() && x[1].size() % (block * block) != 0)
        context.fail(fmt::format("{} channels do not make squares of {}x{}", x[1].size(), block, block));
    const auto grown = [&](const Dim& dim) { return product(context, std::vector{dim, Dim(block)}); };
    const Dim channels = x[1].is_fixed() ? Dim(x[1].size() / (block * block)) : Dim();
    context.set_output(0, {context.input(0).dtype, {x[0], channels, grown(x[2]), grown(x[3])}});
}

void evaluate(Evaluation& e) {
    const Shape& x = e.input(0).shape();
    const Shape& y = e.output().shape();
    const std::int64_t block = e.node().attribute_int("blocksize", 1);
    const bool depth_first = e.node().attribute_string("mode", "DCR") == "DCR";
    const std::int64_t image = x[2] * x[3];
    const std::int64_t channel = (depth_first ? 1 : block * block) * image;
    const std::int64_t row = (depth_first ? y[1] : 1) * block * image;
    const std::int64_t column = (depth_first ? y[1] : 1) * image;
    copy_part({y[0], y[1], x[2], block, x[3], block}, size_of(e.dtype()),
              {.data = e.input(0).bytes().data(), .strides = {x[1] * image, channel, x[3], row, 1, column}},
              {.data = e.output().bytes().data(),
               .strides = row_major_strides({y[0], y[1], x[2], block, x[3], block})});
}

}  // namespace

extern const Operator depth_to_space{.name = "DepthToSpace",
                                     .summary = "channels become squares of pixels",
                                     .infer = infer,
                                     .evaluate = evaluate,
                                     .takes_halves = true,
                                     .moves = 1,
                                     .keeps_examples = keeps_first_axis};

}  // namespace espalier::ops_::depth_to_space_
