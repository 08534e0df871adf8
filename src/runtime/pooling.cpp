#include "runtime/pooling.h"

#include <algorithm>
#include <limits>

#include "graph/window.h"
#include "runtime/cost_model.h"
#include "runtime/loops.h"
#include "runtime/onednn.h"
#include "runtime/threads.h"

namespace espalier::runtime {
namespace {

struct Form {
    Pool kind;
    Shape input, output;  // N x C x H x W
    std::array<WindowAxis, 2> axes;
};

/// Where the window reaches over one axis of the image when it is placed for one output.
struct Reach {
    std::int64_t begin, end;  // positions in the image, `dilation` apart
    std::int64_t padded;      // positions that are in the image or its padding
};

Reach reach(const WindowAxis& axis, std::int64_t index, std::int64_t size) {
    const std::int64_t first = index * axis.stride - axis.pad_begin;
    const std::int64_t last = first + axis.extent();  // one behind
    const std::int64_t skipped = first >= 0 ? 0 : (-first + axis.dilation - 1) / axis.dilation;
    const std::int64_t room = std::min(last, size + axis.pad_end) - first;
    return {first + skipped * axis.dilation, std::min(last, size),
            (room + axis.dilation - 1) / axis.dilation};
}

float pooled(const Form& form, const float* image, const Reach& rows, const Reach& columns) {
    const bool max = form.kind == Pool::max;
    float value = max ? -std::numeric_limits<float>::infinity() : 0.0F;
    std::int64_t seen = 0;
    for (std::int64_t row = rows.begin; row < rows.end; row += form.axes[0].dilation) {
        for (std::int64_t column = columns.begin; column < columns.end; column += form.axes[1].dilation) {
            const float x = image[row * form.input[3] + column];
            value = max ? std::max(value, x) : value + x;
            ++seen;
        }
    }
    if (max) return value;
    const std::int64_t count = form.kind == Pool::mean ? seen : rows.padded * columns.padded;
    return value / static_cast<float>(count);
}

Candidate plain_pooling(const Form& form) {
    const std::int64_t images = form.output[0] * form.output[1];
    const std::int64_t window = form.axes[0].kernel * form.axes[1].kernel;
    return loops(images, element_count(form.output) * window,
                 [form](Inputs inputs, float* output, std::int64_t begin, std::int64_t end) {
                     float* y = output + begin * form.output[2] * form.output[3];
                     for (std::int64_t i = begin; i < end; ++i) {
                         const float* image = inputs[0] + i * form.input[2] * form.input[3];
                         for (std::int64_t row = 0; row < form.output[2]; ++row) {
                             const Reach rows = reach(form.axes[0], row, form.input[2]);
                             for (std::int64_t column = 0; column < form.output[3]; ++column)
                                 *y++ = pooled(form, image, rows, reach(form.axes[1], column, form.input[3]));
                         }
                     }
                 });
}

dnnl::algorithm algorithm_of(Pool kind) {
    switch (kind) {
        case Pool::max:
            return dnnl::algorithm::pooling_max;
        case Pool::mean:
            return dnnl::algorithm::pooling_avg_exclude_padding;
        case Pool::mean_with_padding:
            break;
    }
    return dnnl::algorithm::pooling_avg_include_padding;
}

std::shared_ptr<Kernel> make_primitive(const Form& form, int threads) {
    const ThreadScope scope(threads);
    const auto& [rows, columns] = form.axes;
    const auto source = row_major(form.input);
    // With ceil_mode, the last window reaches further than the padding that the node names.
    const auto behind = [&](const WindowAxis& axis, std::size_t dim) {
        return (form.output[dim] - 1) * axis.stride + axis.extent() - form.input[dim] - axis.pad_begin;
    };
    const dnnl::pooling_v2_forward::primitive_desc chosen({dnnl::prop_kind::forward_inference,
                                                           algorithm_of(form.kind),
                                                           source,
                                                           row_major(form.output),
                                                           {rows.stride, columns.stride},
                                                           {rows.kernel, columns.kernel},
                                                           {rows.dilation - 1, columns.dilation - 1},
                                                           {rows.pad_begin, columns.pad_begin},
                                                           {behind(rows, 2), behind(columns, 3)}},
                                                          attributes(false), cpu_engine());
    return onednn_kernel<dnnl::pooling_v2_forward>(threads, chosen, {{DNNL_ARG_SRC, source, 0}});
}

/// oneDNN counts padding behind the one that the node names too, and wants a part of every window to lie in
/// the image.
bool fits_onednn(const Form& form, bool ceil) {
    const auto pads_little = [](const WindowAxis& axis) {
        return axis.dilation == 1 && axis.pad_begin < axis.kernel && axis.pad_end < axis.kernel;
    };
    return std::ranges::all_of(form.axes, pads_little) && !(ceil && form.kind == Pool::mean_with_padding);
}

}  // namespace

std::vector<Candidate> pooling(const Site& site, Pool kind) {
    const Shape& x = site.operands[0].shape;
    const Window window = Window::of(site.node);
    const Form form{kind, x, site.output, window.on(x[2], x[3]).axes};
    if (!fits_onednn(form, window.ceil)) return {plain_pooling(form)};
    return {{.name = kDenseName,
             .single_us = predict_element_us(element_count(x)),
             .make = [form](int threads) { return make_primitive(form, threads); }}};
}

}  // namespace espalier::runtime
