// FusedMatMul (once TransposeMatMul) of ONNX Runtime: alpha * a' b', each turned or not.
#include <numeric>

#include "onnx/expansion/expansion.h"

namespace espalier::onnx::upgrades_::fused_matmul_ {
namespace {

constexpr std::string_view kOps[] = {"FusedMatMul", "TransposeMatMul"};

std::string turned(Expansion& e, std::size_t index) {
    const std::size_t rank = e.dims(index).size();
    if (rank < 2) return e.input(index);
    std::vector<std::int64_t> order(rank);
    std::iota(order.begin(), order.end(), 0);
    std::swap(order[rank - 2], order[rank - 1]);
    return e.add("Transpose", {e.input(index)}, {{"perm", order}});
}

void rewrite(Rewriter& to, Node node) {
    Expansion e(to, node);
    e.only({"alpha", "transA", "transB", "transBatchA", "transBatchB"});
    if (node.attribute_int("transBatchA", 0) != 0 || node.attribute_int("transBatchB", 0) != 0)
        e.refuse("transposed batches");
    const std::string a = node.attribute_int("transA", 0) != 0 ? turned(e, 0) : e.input(0);
    const std::string b = node.attribute_int("transB", 0) != 0 ? turned(e, 1) : e.input(1);
    const float alpha = node.attribute_float("alpha", 1);
    if (alpha == 1) {
        e.finish("MatMul", {a, b});
    } else {
        e.finish("Mul", {e.add("MatMul", {a, b}), e.scalar(e.dtype(0), alpha)});
    }
}

}  // namespace

extern const Upgrade fused_matmul{.name = "fused_matmul",
                                  .summary = "FusedMatMul: Transpose, MatMul, Mul",
                                  .ops = kOps,
                                  .domain = kMicrosoft,
                                  .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::fused_matmul_
