// Transpose: y.shape[i] = x.shape[perm[i]]; without `perm` the dimensions in reverse.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"
#include "graph/walk.h"

namespace espalier::ops_::transpose_ {
namespace {

void infer(InferContext& context) {
    const Dims& x = context.input(0).dims;
    std::vector<std::int64_t> order(x.size());
    std::iota(order.begin(), order.end(), std::int64_t{0});
    const std::vector<std::int64_t> reversed(order.rbegin(), order.rend());
    const auto perm = context.node().attribute_ints("perm", reversed);
    if (!std::is_permutation(perm.begin(), perm.end(), order.begin(), order.end())) {
        context.fail(fmt::format("perm=[{}], expected an order of the {} dimensions of {}",
                                 fmt::join(perm, ", "), x.size(), to_string(x)));
    }
    Dims out;
    for (const std::int64_t from : perm) out.push_back(x[static_cast<std::size_t>(from)]);
    context.set_output(0, {context.input(0).dtype, std::move(out)});
}

void evaluate(Evaluation& e) {
    const Shape& x = e.input(0).shape();
    std::vector<std::int64_t> perm(x.size());
    std::iota(perm.rbegin(), perm.rend(), std::int64_t{0});
    const Shape strides = row_major_strides(x);
    Shape from;
    for (const std::int64_t axis : e.node().attribute_ints("perm", perm))
        from.push_back(strides[static_cast<std::size_t>(axis)]);
    const Shape& y = e.output().shape();
    copy_part(y, size_of(e.dtype()), {.data = e.input(0).bytes().data(), .strides = from},
              {.data = e.output().bytes().data(), .strides = row_major_strides(y)});
}

bool keeps_examples(const Coupling& coupling, const std::set<std::size_t>& slices) {
    const std::vector<std::int64_t> perm = coupling.node().attribute_ints("perm", {});
    return slices == std::set<std::size_t>{0} && !perm.empty() && perm.front() == 0;
}

}  // namespace

extern const Operator transpose{.name = "Transpose",
                                .summary = "dimensions in another order",
                                .infer = infer,
                                .evaluate = evaluate,
                                .takes_halves = true,
                                .moves = 1,
                                .keeps_examples = keeps_examples};

}  // namespace espalier::ops_::transpose_
