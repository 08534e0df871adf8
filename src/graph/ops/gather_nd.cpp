// GatherND: the slices of x that tuples of indices, along the last dimension, name; the first `batch_dims`
// dimensions of both go together.
#include <fmt/format.h>

#include <algorithm>

#include "graph/computation/indexing.h"
#include "graph/walk.h"

namespace espalier::ops_::gather_nd_ {
namespace {

std::ptrdiff_t place(std::size_t i) { return static_cast<std::ptrdiff_t>(i); }

void infer(InferContext& context) {
    context.require_integer(1);
    const Dims& x = context.input(0).dims;
    const Dims& indices = context.input(1).dims;
    const std::int64_t given = context.node().attribute_int("batch_dims", 0);
    if (x.empty() || indices.empty()) context.fail("GatherND of a scalar");
    if (given < 0 || given >= std::ssize(x) || given >= std::ssize(indices))
        context.fail(
            fmt::format("batch_dims={} of values of {} and {} dimensions", given, x.size(), indices.size()));
    const auto batch = static_cast<std::size_t>(given);
    if (!indices.back().is_fixed()) context.refuse("tuples of unknown length");
    const std::int64_t tuple = indices.back().size();
    if (tuple < 1 || tuple > std::ssize(x) - given)
        context.fail(fmt::format("tuples of {} indices into {}", tuple, to_string(x)));
    Dims out(indices.begin(), indices.end() - 1);
    for (std::size_t i = 0; i < batch; ++i) out[i] = context.unify(x[i], indices[i], "batch");
    out.insert(out.end(), x.begin() + place(batch) + tuple, x.end());
    context.set_output(0, {context.input(0).dtype, std::move(out)});
}

void evaluate(Evaluation& e) {
    const Shape& x = e.input(0).shape();
    const Shape& shape = e.input(1).shape();
    const auto batch = static_cast<std::size_t>(e.node().attribute_int("batch_dims", 0));
    const auto tuple = static_cast<std::size_t>(shape.back());
    const std::int64_t slice = product_of(x, batch + tuple, x.size());
    const std::size_t bytes = static_cast<std::size_t>(slice) * size_of(e.dtype());
    const std::int64_t batches = product_of(shape, 0, batch);
    const std::int64_t tuples = product_of(shape, batch, shape.size() - 1);
    const auto indices = e.integers(1);
    const std::int64_t* index = indices.data();
    std::byte* to = e.output().bytes().data();
    for (std::int64_t i = 0; i < batches * tuples; ++i) {
        std::int64_t at = i / tuples;
        for (std::size_t k = 0; k < tuple; ++k)
            at = at * x[batch + k] + checked_index(e, *index++, x[batch + k]);
        std::copy_n(e.input(0).bytes().data() + static_cast<std::size_t>(at) * bytes, bytes, to);
        to += bytes;
    }
}

}  // namespace

extern const Operator gather_nd{.name = "GatherND",
                                .summary = "the slices that tuples of indices name",
                                .min_inputs = 2,
                                .max_inputs = 2,
                                .infer = infer,
                                .evaluate = evaluate,
                                .takes_halves = true};

}  // namespace espalier::ops_::gather_nd_
