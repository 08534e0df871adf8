#include "runtime/dense/image_layout.h"

#include <fmt/format.h>

#include "espalier/error.h"
#include "runtime/cost_model.h"
#include "runtime/execute/threads.h"

namespace espalier::runtime {
namespace {

using Tag = dnnl::memory::format_tag;

Tag blocked_tag(std::size_t rank) {
    const bool wide = channel_block() == 16;
    if (rank == 3) return wide ? Tag::nCw16c : Tag::nCw8c;
    if (rank == 4) return wide ? Tag::nChw16c : Tag::nChw8c;
    return wide ? Tag::nCdhw16c : Tag::nCdhw8c;
}

Tag channels_last_tag(std::size_t rank) {
    if (rank == 3) return Tag::nwc;
    return rank == 4 ? Tag::nhwc : Tag::ndhwc;
}

std::shared_ptr<Kernel> make_reorder(const Shape& shape, Layout from, Layout to, DType dtype, int threads) {
    const ThreadScope scope(threads);
    // Rows need no dimensions, of which oneDNN takes at most twelve.
    const bool flat = order_of(from) == Layout::row_major && order_of(to) == Layout::row_major;
    const Shape dims = flat ? Shape{element_count(shape)} : shape;
    const auto source = described(dims, from, dtype);
    const dnnl::reorder::primitive_desc chosen(cpu_engine(), source, cpu_engine(), described(dims, to, dtype),
                                               attributes());
    return onednn_kernel<dnnl::reorder>(threads, chosen, {{DNNL_ARG_FROM, source, 0}});
}

}  // namespace

bool is_image(const Shape& shape) {
    return shape.size() >= 3 && shape.size() <= 5 && element_count(shape) > 0;
}

std::vector<Layout> layouts_of(const Shape& shape, Precision precision) {
    std::vector<Layout> all = {Layout::row_major};
    if (is_image(shape)) all.insert(all.end(), {Layout::blocked, Layout::channels_last});
    if (precision == Precision::bf16) {
        const std::vector<Layout> orders = all;
        for (const Layout order : orders) all.push_back(in_bf16(order));
    }
    return all;
}

dnnl::memory::desc described(const Shape& shape, Layout layout, DType dtype) {
    const DType stored = stored_type(dtype, layout);
    const Layout order = order_of(layout);
    if (order == Layout::row_major) return row_major(shape, stored);
    const Tag tag = order == Layout::blocked ? blocked_tag(shape.size()) : channels_last_tag(shape.size());
    return {shape, onednn_type(stored), tag};
}

std::size_t bytes_in(Layout layout, const Shape& shape, DType dtype) {
    const auto elements = static_cast<std::size_t>(element_count(shape));
    if (order_of(layout) != Layout::blocked) return elements * size_of(stored_type(dtype, layout));
    return described(shape, layout, dtype).get_size();
}

bool same_bytes(const Shape& shape, Layout a, Layout b) {
    if (a == b) return true;
    if (!is_image(shape) || is_bf16(a) != is_bf16(b)) return false;
    a = order_of(a);
    b = order_of(b);
    const std::int64_t positions = element_count(shape) / (shape[0] * shape[1]);
    const bool blocks = a == Layout::blocked || b == Layout::blocked;
    if (blocks && shape[1] % channel_block() != 0) return false;
    const bool last = a == Layout::channels_last || b == Layout::channels_last;
    return positions == 1 || (last && shape[1] == (blocks ? channel_block() : 1));
}

std::int64_t channel_block() {
    const dnnl::cpu_isa best = dnnl::get_effective_cpu_isa();
    // The sets of instructions are numbered by their bits: avx512_core has those of avx2 and more.
    static const bool wide = (static_cast<int>(best) & static_cast<int>(dnnl::cpu_isa::avx512_core)) ==
                             static_cast<int>(dnnl::cpu_isa::avx512_core);
    return wide ? 16 : 8;
}

std::string describe(Layout layout) {
    if (is_bf16(layout)) return describe(order_of(layout)) + " in bf16";
    switch (layout) {
        case Layout::row_major:
            return "row by row";
        case Layout::blocked:
            return fmt::format("channels in blocks of {}", channel_block());
        case Layout::channels_last:
            return "channels last";
        default:
            break;
    }
    return "in panels";
}

Candidate change_image_layout(const Shape& shape, Layout from, Layout to, DType dtype) {
    return {.name = kDenseName,
            .input = from,
            .output = to,
            .single_us = predict_reorder_us(element_count(shape)),
            .make = [=](int threads) { return make_reorder(shape, from, to, dtype, threads); }};
}

}  // namespace espalier::runtime
