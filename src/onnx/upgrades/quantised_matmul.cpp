// QLinearMatMul is a MatMul between DequantizeLinear and QuantizeLinear, with a scale for the whole of a and
// b, for each row of a and for each column of b.
#include <algorithm>

#include "onnx/expansion/expansion.h"
#include "onnx/schema.h"

namespace espalier::onnx::upgrades_::quantised_matmul_ {
namespace {

constexpr std::string_view kOps[] = {"QLinearMatMul"};

void rewrite(Rewriter& to, Node node) {
    Expansion e(to, node);
    const auto rank_a = std::ssize(e.dims(0));
    const auto rank_b = std::ssize(e.dims(3));
    if (e.dims(1).size() > 1 || e.dims(4).size() > 1) e.refuse("scales of more than 1 dimension");
    const std::string a = e.dequantised(0, 1, std::max<std::int64_t>(0, rank_a - 2));
    const std::string b = e.dequantised(3, 4, std::max<std::int64_t>(0, rank_b - 1));
    e.finish_quantised(e.add("MatMul", {a, b}), 6);
}

}  // namespace

extern const Upgrade quantised_matmul{
    .name = "quantised_matmul",
    .summary = "QLinearMatMul: MatMul between DequantizeLinear and QuantizeLinear",
    .ops = kOps,
    .first = 10,
    .last = kNewestOpset,
    .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::quantised_matmul_
