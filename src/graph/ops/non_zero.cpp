// NonZero: the places of the elements that are not 0, one column each, one row a dimension.
#include "graph/evaluation.h"
#include "tensor/convert.h"

namespace espalier::ops_::non_zero_ {
namespace {

void infer(InferContext& context) {
    const auto rank = static_cast<std::int64_t>(context.input(0).dims.size());
    context.set_output(0, {DType::i64, {Dim(rank), Dim()}});
}

void evaluate(Evaluation& e) {
    const Shape& x = e.input(0).shape();
    std::vector<std::int64_t> found;
    const Tensor set = converted(e.input(0), DType::boolean);
    for (std::int64_t i = 0; i < set.count(); ++i) {
        if (set.as<bool>()[static_cast<std::size_t>(i)]) found.push_back(i);
    }
    Tensor out(DType::i64, {std::ssize(x), std::ssize(found)});
    std::int64_t* y = out.as<std::int64_t>().data();
    for (std::size_t k = 0; k < found.size(); ++k) {
        std::int64_t rest = found[k];
        for (std::size_t d = x.size(); d-- > 0; rest /= x[d]) y[d * found.size() + k] = rest % x[d];
    }
    e.set_output(0, std::move(out));
}

}  // namespace

extern const Operator non_zero{.name = "NonZero",
                               .summary = "the places of elements that are not 0",
                               .infer = infer,
                               .evaluate = evaluate,
                               .takes_halves = true};

}  // namespace espalier::ops_::non_zero_
