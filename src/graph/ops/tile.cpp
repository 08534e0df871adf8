// Tile: the value repeated along each dimension as often as `repeats` says.
#include <fmt/format.h>

#include "graph/computation/index_maps.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::tile_ {
namespace {

void infer(InferContext& context) {
    Dims out = context.input(0).dims;
    const auto repeats = context.constant_ints(1);
    if (repeats && repeats->size() != out.size())
        context.fail(fmt::format("{} repeats of {} dimensions", repeats->size(), out.size()));
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (repeats && (*repeats)[i] < 0) context.fail(fmt::format("{} repeats", (*repeats)[i]));
        out[i] = repeats ? product(context, std::vector{out[i], Dim((*repeats)[i])}) : Dim();
    }
    context.set_output(0, {context.input(0).dtype, std::move(out)});
}

void evaluate(Evaluation& e) {
    const Shape& x = e.input(0).shape();
    const Shape& y = e.output().shape();
    IndexMaps maps(x.size());
    for (std::size_t d = 0; d < x.size(); ++d) {
        for (std::int64_t i = 0; i < y[d]; ++i) maps[d].push_back(i % x[d]);
    }
    gather_by_maps(e, maps, nullptr);
}

constexpr std::size_t kSizes[] = {1};

}  // namespace

extern const Operator tile{.name = "Tile",
                           .summary = "a value repeated along its dimensions",
                           .min_inputs = 2,
                           .max_inputs = 2,
                           .infer = infer,
                           .evaluate = evaluate,
                           .takes_halves = true,
                           .sizes = kSizes,
                           .moves = 1,
                           .keeps_examples = keeps_first_axis};

}  // namespace espalier::ops_::tile_
