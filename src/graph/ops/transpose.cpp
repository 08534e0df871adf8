// Transpose: y.shape[i] = x.shape[perm[i]]; without `perm` the dimensions in reverse.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "graph/op.h"

namespace espalier::ops_ {
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

}  // namespace

extern const Operator transpose{
    .name = "Transpose", .summary = "dimensions in another order", .infer = infer};

}  // namespace espalier::ops_
