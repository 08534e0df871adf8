// Einsum: products of elements, summed over the labels of the equation that its output does not have.
#include "graph/computation/einsum.h"

#include "graph/computation/reduction.h"
#include "graph/coupling/coupling.h"

namespace espalier::ops_::einsum_ {
namespace {

void infer(InferContext& context) {
    context.require_one_dtype();
    std::vector<std::size_t> ranks;
    for (std::size_t i = 0; i < context.input_count(); ++i) {
        if (!context.has_input(i)) context.fail("an input of Einsum is left out");
        ranks.push_back(context.input(i).dims.size());
    }
    const EinsumForm form = EinsumForm::of(context.node(), ranks);
    Dims sizes(form.labels, Dim(1));
    for (std::size_t i = 0; i < form.inputs.size(); ++i) {
        for (std::size_t d = 0; d < form.inputs[i].size(); ++d) {
            Dim& size = sizes[form.inputs[i][d]];
            const Dim& dim = context.input(i).dims[d];
            if (size == Dim(1)) {
                size = dim;
            } else if (!(dim == Dim(1))) {
                size = context.unify(size, dim, "a label of the equation");
            }
        }
    }
    Dims out;
    for (const std::size_t label : form.output) out.push_back(sizes[label]);
    context.set_output(0, {context.input(0).dtype, std::move(out)});
}

/// Sizes of all labels, those of the output first, and for each input the distances along them.
struct Loops {
    Shape sizes;
    std::vector<Shape> strides;
};

Loops loops_of(const Evaluation& e) {
    std::vector<std::size_t> ranks;
    for (std::size_t i = 0; i < e.input_count(); ++i) ranks.push_back(e.input(i).rank());
    const EinsumForm form = EinsumForm::of(e.node(), ranks);
    std::vector<std::size_t> place(form.labels, form.labels);
    std::size_t next = 0;
    for (const std::size_t label : form.output) place[label] = next++;
    for (std::size_t& at : place) {
        if (at == form.labels) at = next++;
    }
    Loops loops{.sizes = Shape(form.labels, 1), .strides = {}};
    for (std::size_t i = 0; i < ranks.size(); ++i) {
        const Shape& shape = e.input(i).shape();
        const Shape steps = row_major_strides(shape);
        Shape& strides = loops.strides.emplace_back(form.labels, 0);
        for (std::size_t d = 0; d < shape.size(); ++d) {
            const std::size_t at = place[form.inputs[i][d]];
            if (shape[d] != 1) strides[at] += steps[d];  // a label that stands twice takes the diagonal
            if (shape[d] != 1) loops.sizes[at] = shape[d];
        }
    }
    return loops;
}

template <class T>
void contract(Evaluation& e, const Loops& loops) {
    const std::int64_t outputs = e.output().count();
    const std::int64_t terms = product_of(loops.sizes, e.output().rank(), loops.sizes.size());
    Shape index(loops.sizes.size(), 0);
    std::vector<const T*> at;
    for (std::size_t i = 0; i < e.input_count(); ++i) at.push_back(e.data<T>(i));
    for (std::int64_t o = 0; o < outputs; ++o) {
        Accumulator<T> sum{};
        for (std::int64_t t = 0; t < terms; ++t) {
            Accumulator<T> term{1};
            for (const T* x : at) term *= static_cast<Accumulator<T>>(*x);
            sum += term;
            for (std::size_t d = index.size(); d-- > 0;) {
                const bool wraps = ++index[d] == loops.sizes[d];
                const std::int64_t steps = wraps ? 1 - loops.sizes[d] : 1;
                for (std::size_t i = 0; i < at.size(); ++i) at[i] += steps * loops.strides[i][d];
                if (!wraps) break;
                index[d] = 0;
            }
        }
        e.result<T>()[o] = static_cast<T>(sum);
    }
}

void evaluate(Evaluation& e) {
    const Loops loops = loops_of(e);
    e.output();
    e.numbers(e.dtype(), [&](auto zero) { contract<decltype(zero)>(e, loops); });
}

/// Every label is one thing, summed over or not.
void couple(Coupling& coupling) {
    std::vector<std::size_t> ranks;
    for (std::size_t i = 0; i < coupling.input_count(); ++i) ranks.push_back(coupling.input(i).size());
    const EinsumForm form = EinsumForm::of(coupling.node(), ranks);
    std::vector<std::vector<OperandAxis>> axes(form.labels);
    for (std::size_t i = 0; i < form.inputs.size(); ++i) {
        for (std::size_t d = 0; d < form.inputs[i].size(); ++d) {
            if (coupling.input(i)[d] != 1) axes[form.inputs[i][d]].push_back(in(i, d));
        }
    }
    for (std::size_t d = 0; d < form.output.size(); ++d) {
        if (coupling.output()[d] != 1) axes[form.output[d]].push_back(out(0, d));
    }
    for (const std::vector<OperandAxis>& one : axes) coupling.same(one);
}

}  // namespace

extern const Operator einsum{.name = "Einsum",
                             .summary = "sums of products by an equation",
                             .max_inputs = kAnyNumber,
                             .infer = infer,
                             .evaluate = evaluate,
                             .heavy = true,
                             .couple = couple};

}  // namespace espalier::ops_::einsum_
