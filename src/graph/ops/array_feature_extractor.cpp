// ArrayFeatureExtractor (ai.onnx.ml 1): the elements of the last dimension that the indices name. A list of
// one dimension gives [1, indices].
#include <fmt/format.h>

#include "graph/computation/scatter.h"
#include "graph/evaluation.h"
#include "graph/walk.h"

namespace espalier::ops_::array_feature_extractor_ {
namespace {

void infer(InferContext& context) {
    Dims out = context.input(0).dims;
    if (out.empty()) context.fail("its input is a scalar");
    if (context.input(1).dtype != DType::i64) context.fail("its indices are not i64");
    const Dim count = product(context, context.input(1).dims);
    out.back() = count;
    if (out.size() == 1) out.insert(out.begin(), Dim(1));
    context.set_output(0, {context.input(0).dtype, std::move(out)});
}

void evaluate(Evaluation& e) {
    const std::int64_t columns = e.input(0).shape().back();
    const auto indices = e.integers(1);
    for (const std::int64_t index : indices) {
        if (index < 0 || index >= columns) e.fail(fmt::format("index {} of {} elements", index, columns));
    }
    if (e.output().count() == 0) return;
    as_bits(size_of(e.dtype()), [&](auto zero) {
        using T = decltype(zero);
        const T* x = reinterpret_cast<const T*>(e.input(0).bytes().data());
        T* y = reinterpret_cast<T*>(e.output().bytes().data());
        for (const T* row = x; row != x + e.input(0).count(); row += columns) {
            for (const std::int64_t index : indices) *y++ = row[index];
        }
    });
}

}  // namespace

extern const Operator array_feature_extractor{.name = "ArrayFeatureExtractor",
                                              .summary = "elements of the last dimension",
                                              .min_inputs = 2,
                                              .max_inputs = 2,
                                              .infer = infer,
                                              .evaluate = evaluate,
                                              .domain = kMlDomain};

}  // namespace espalier::ops_::array_feature_extractor_
