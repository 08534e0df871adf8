// MatMul: numpy.matmul. With a constant matrix as second operand it is a fully connected layer over all
// leading dimensions of the first; otherwise oneDNN's matmul, which repeats leading dimensions of size 1 as
// numpy does.
#include <algorithm>

#include "runtime/cost_model.h"
#include "runtime/dense/fully_connected.h"
#include "runtime/dense/onednn.h"
#include "runtime/dense/separate_post_operations.h"
#include "runtime/execute/threads.h"
#include "runtime/loops/plain_gemm.h"
#include "runtime/lowering.h"

namespace espalier::runtime::lowerings_::matmul_ {
namespace {

std::unique_ptr<LayerWeights> make_weights(const LoweringContext& site, std::int64_t inner,
                                           std::int64_t columns) {
    std::vector<float> bias(static_cast<std::size_t>(columns), 0.0F);
    if (site.added != nullptr) {
        const auto c = site.added->f32();
        for (std::size_t j = 0; j < bias.size(); ++j) bias[j] = c[c.size() == 1 ? 0 : j];
    }
    auto w = transposed(site.operands[1].constant->f32(), inner, columns);
    return std::make_unique<LayerWeights>(Shape{columns, inner}, std::move(w), std::move(bias));
}

/// Both operands with the same number of dimensions, at least 2, as oneDNN wants them.
Shape padded(const Shape& shape, std::size_t rank) {
    Shape out(rank - shape.size(), 1);
    out.insert(out.end(), shape.begin(), shape.end());
    return out;
}

std::shared_ptr<Kernel> make_general(const Shape& a, const Shape& b, const Shape& y, Layout read,
                                     Layout given, const std::vector<PostOperation>& after, int threads) {
    const ThreadScope scope(threads);
    const auto source = row_major(a, stored_type(DType::f32, read));
    const auto weights = row_major(b, stored_type(DType::f32, read));
    const auto target = row_major(y, stored_type(DType::f32, given));
    const PostOpAttributes behind = post_op_attributes(after, target);
    const dnnl::matmul::primitive_desc chosen({source, weights, target}, behind.attributes, cpu_engine());
    return onednn_kernel<dnnl::matmul>(
        threads, chosen, behind.with({{DNNL_ARG_SRC, source, 0}, {DNNL_ARG_WEIGHTS, weights, 1}}), {},
        behind.summed);
}

/// Both operands: constants, and values of other ranks than the output's, are read in f32.
bool reads_bf16(const LoweringContext& site) {
    return site.precision == Precision::bf16 && std::ranges::all_of(site.operands, [&](const OperandInfo& x) {
               return x.constant == nullptr && x.shape.size() == site.output.size();
           });
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    Shape a = site.operands[0].shape;
    Shape b = site.operands[1].shape;
    if (a.size() == 1) a.insert(a.begin(), 1);
    if (b.size() == 1) b.push_back(1);
    const std::int64_t inner = a.back();
    const std::int64_t columns = b.back();
    const std::int64_t rows = element_count(site.output) / std::max<std::int64_t>(columns, 1);
    if (inner == 0) {  // oneDNN leaves the output as it is instead of zeroing it
        return {with_post_operations(reference_gemm({.rows = rows, .columns = columns}), site)};
    }
    if (site.operands[1].constant != nullptr && b.size() == 2) {
        LayerWeights& weights = site.weights.at_first([&] { return make_weights(site, inner, columns); });
        // Values of other ranks than the output's are read in f32.
        const bool same_rank = site.operands[0].shape.size() == site.output.size();
        return fully_connected(
            weights,
            {.batch = rows, .after = site.after, .precision = same_rank ? site.precision : Precision::f32});
    }
    const std::size_t rank = std::max(a.size(), b.size());
    Shape y = padded(site.output, rank);
    if (site.operands[0].shape.size() == 1 || site.operands[1].shape.size() == 1) {
        y.assign(rank, 1);
        const Shape& leading = a.size() >= b.size() ? a : b;
        std::copy(leading.begin(), leading.end() - 2, y.begin());
        y[rank - 2] = a[a.size() - 2];
        y[rank - 1] = columns;
    }
    const double us = predict_dense_us({.batch = rows, .inputs = inner, .outputs = columns});
    std::vector<Candidate> all = {
        {.name = kDenseName,
         .single_us = us,
         .make = [=, a = padded(a, rank), b = padded(b, rank), after = site.after](int threads) {
             return make_general(a, b, y, Layout::row_major, Layout::row_major, after, threads);
         }}};
    if (!reads_bf16(site)) return all;
    for (const Layout given : {Layout::row_major_bf16, Layout::row_major}) {
        all.push_back({.name = dense_name(Layout::row_major_bf16),
                       .input = Layout::row_major_bf16,
                       .output = given,
                       .single_us = us * kBf16Share,
                       .make = [=, after = site.after](int threads) {
                           return unless_unimplemented([&] {
                               return make_general(a, b, y, Layout::row_major_bf16, given, after, threads);
                           });
                       }});
    }
    return all;
}

}  // namespace

extern const Lowering matmul{.name = "MatMul",
                             .summary = "matrix product",
                             .candidates = candidates,
                             .fuses = Fuses::everything,
                             .fuses_add = true};

}  // namespace espalier::runtime::lowerings_::matmul_
