#include "runtime/loops/binary.h"

#include <string_view>

#include "runtime/cost_model.h"
#include "runtime/dense/image_layout.h"
#include "runtime/dense/onednn.h"
#include "runtime/dense/separate_post_operations.h"
#include "runtime/execute/threads.h"
#include "runtime/loops/plain_gemm.h"

namespace espalier::runtime {
namespace {

dnnl::algorithm arithmetic_algorithm(Arithmetic operation) {
    switch (operation) {
        case Arithmetic::add:
            return dnnl::algorithm::binary_add;
        case Arithmetic::sub:
            return dnnl::algorithm::binary_sub;
        case Arithmetic::mul:
            return dnnl::algorithm::binary_mul;
        case Arithmetic::div:
            break;
    }
    return dnnl::algorithm::binary_div;
}

struct BinaryForm {
    Arithmetic operation;
    Shape whole, other;  // of the same rank; `whole` has the output's shape, `other` is repeated to it
    std::size_t whole_index;
    bool follows;  // `other` lies as `whole` does, if it has more than one element
    std::vector<PostOperation> after;
};

std::shared_ptr<Kernel> make_dense(const BinaryForm& form, Layout layout, int threads) {
    const ThreadScope scope(threads);
    const auto target = described(form.whole, layout);
    const Layout single = form.follows && is_bf16(layout) ? Layout::row_major_bf16 : Layout::row_major;
    const auto repeated = described(form.other, element_count(form.other) == 1 ? single : layout);
    const PostOpAttributes behind = post_op_attributes(form.after, target);
    const dnnl::binary::primitive_desc chosen(
        {arithmetic_algorithm(form.operation), target, repeated, target}, behind.attributes, cpu_engine());
    const bool fast = std::string_view(chosen.impl_info_str()).find("ref") == std::string_view::npos;
    if (layout != Layout::row_major && !fast) return nullptr;
    return onednn_kernel<dnnl::binary>(threads, chosen,
                                       behind.with({{DNNL_ARG_SRC_0, target, form.whole_index},
                                                    {DNNL_ARG_SRC_1, repeated, 1 - form.whole_index}}),
                                       {}, behind.summed);
}

/// With leading dimensions of size 1.
Shape with_rank(Shape shape, std::size_t rank) {
    shape.insert(shape.begin(), rank - shape.size(), 1);
    return shape;
}

/// Layouts in which all operands can be read: constants, and values of lower rank, are row-major.
std::vector<Layout> layouts_for(const LoweringContext& site) {
    const std::size_t rank = site.output.size();
    const auto fits = [&](const OperandInfo& operand, Layout layout) {
        if (operand.constant == nullptr && operand.shape.size() == rank) return true;
        return element_count(operand.shape) == 1 ||
               same_bytes(with_rank(operand.shape, rank), Layout::row_major, layout);
    };
    std::vector<Layout> all = layouts_of(site.output, site.precision);
    std::erase_if(all, [&](Layout layout) {
        return !fits(site.operands[0], layout) || !fits(site.operands[1], layout);
    });
    return all;
}

}  // namespace

std::vector<Candidate> binary(const LoweringContext& site, Arithmetic operation) {
    const Shape& a = site.operands[0].shape;
    const Shape& b = site.operands[1].shape;
    // oneDNN repeats its second operand only, and a quotient or a difference cannot change sides.
    const bool swaps = operation == Arithmetic::add || operation == Arithmetic::mul;
    if (a != site.output && (b != site.output || !swaps))
        return {with_post_operations(reference_binary(operation, a, b, site.output), site)};
    const std::size_t whole_index = a == site.output ? 0 : 1;
    const Shape other = with_rank(whole_index == 0 ? b : a, site.output.size());
    const OperandInfo& repeated = site.operands[1 - whole_index];
    const bool follows = repeated.constant == nullptr && repeated.shape.size() == site.output.size();
    const BinaryForm form{operation, site.output, other, whole_index, follows, site.after};
    std::vector<Candidate> all;
    for (const Layout layout : layouts_for(site)) {
        BinaryForm here = form;
        if (order_of(layout) == Layout::row_major && form.whole == form.other)
            here.whole = here.other = {element_count(form.whole)};
        all.push_back({.name = dense_name(layout),
                       .input = layout,
                       .output = layout,
                       .single_us = predict_element_us(element_count(site.output)) * share_of(layout),
                       .make = [=](int threads) -> std::shared_ptr<Kernel> {
                           if (!is_bf16(layout)) return make_dense(here, layout, threads);
                           return unless_unimplemented([&] { return make_dense(here, layout, threads); });
                       }});
    }
    return all;
}

}  // namespace espalier::runtime
