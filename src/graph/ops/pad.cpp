// Pad (opset 13): elements before and behind each dimension: a constant (default 0), the edge, or the value
// reflected at its edge or repeated. Negative pads cut off.
#include "graph/coupling/coupling.h"
#include "graph/spatial/padding.h"

#include "graph/computation/index_maps.h"

namespace espalier::ops_::pad_ {
namespace {

Dim padded(const InferContext& context, const Dim& dim, std::int64_t before, std::int64_t behind) {
    if (before == 0 && behind == 0) return dim;
    if (!dim.is_fixed()) return {};
    std::int64_t size = dim.size();
    const bool overflow =
        __builtin_add_overflow(size, before, &size) || __builtin_add_overflow(size, behind, &size);
    const std::int64_t kept = dim.size() + std::min<std::int64_t>(before, 0);
    if (overflow || size < 0 || kept + std::min<std::int64_t>(behind, 0) < 0)
        context.fail(fmt::format("pads of {} and {} on a dimension of {}", before, behind, dim.size()));
    if (dim.size() == 0 && size > 0 && pad_mode(context.node()) != PadMode::constant)
        context.fail("pads without a constant on a dimension of 0");
    return size;
}

void infer(InferContext& context) {
    pad_mode(context.node());  // throws on another
    Dims out = context.input(0).dims;
    const auto pads = context.constant_ints(1);
    if (pads && pads->size() != 2 * out.size())
        context.fail(fmt::format("{} pads for {} dimensions, expected two each", pads->size(), out.size()));
    if (context.has_input(2) && context.input(2).dtype != context.input(0).dtype)
        context.fail("the constant is " + std::string(name_of(context.input(2).dtype)));
    if (context.has_input(2) && product(context, context.input(2).dims).is_fixed() &&
        !(product(context, context.input(2).dims) == Dim(1)))
        context.fail("the constant has shape " + to_string(context.input(2).dims) + ", expected a scalar");
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = pads ? padded(context, out[i], (*pads)[i], (*pads)[i + out.size()]) : Dim();
    context.set_output(0, {context.input(0).dtype, std::move(out)});
}

void evaluate(Evaluation& e) {
    const PadMode mode = pad_mode(e.node());
    const auto pads = e.integers(1);
    const Shape& x = e.input(0).shape();
    const Shape& y = e.output().shape();
    IndexMaps maps(x.size());
    for (std::size_t d = 0; d < x.size(); ++d) {
        for (std::int64_t i = 0; i < y[d]; ++i) maps[d].push_back(padding_source(mode, i - pads[d], x[d]));
    }
    const Tensor none(e.dtype(), {});
    gather_by_maps(e, maps, (e.has_input(2) ? e.input(2) : none).bytes().data());
}

constexpr std::size_t kSettings[] = {1, 2};

bool keeps_examples(const Coupling& coupling, const std::set<std::size_t>& slices) {
    const auto pads = coupling.integers(1);
    return pads && pads->front() == 0 && keeps_first_axis(coupling, slices);
}

}  // namespace

extern const Operator pad{.name = "Pad",
                          .summary = "elements around a value",
                          .min_inputs = 2,
                          .max_inputs = 3,
                          .infer = infer,
                          .evaluate = evaluate,
                          .takes_halves = true,
                          .settings = kSettings,
                          .moves = 1,
                          .keeps_examples = keeps_examples};

}  // namespace espalier::ops_::pad_
