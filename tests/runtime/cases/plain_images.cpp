#include "runtime/cases/plain_images.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace espalier::test {
namespace {

using Values = std::map<std::string, Plain>;

std::size_t count(const Shape& shape) { return static_cast<std::size_t>(element_count(shape)); }

/// Position along each dimension of element `flat`.
Shape position(std::size_t flat, const Shape& shape) {
    Shape at(shape.size());
    for (std::size_t d = shape.size(); d-- > 0;) {
        at[d] = static_cast<std::int64_t>(flat) % shape[d];
        flat /= static_cast<std::size_t>(shape[d]);
    }
    return at;
}

double& element(Plain& x, const Shape& at) {
    std::int64_t flat = 0;
    for (std::size_t d = 0; d < at.size(); ++d) flat = flat * x.shape[d] + at[d];
    return x.values[static_cast<std::size_t>(flat)];
}
double element(const Plain& x, const Shape& at) { return element(const_cast<Plain&>(x), at); }

/// A window over one axis, as the ONNX specification describes it.
struct Axis {
    std::int64_t in, out, kernel, stride, dilation, begin, end;
};

Axis axis_of(const Node& node, std::size_t i, std::int64_t in, std::int64_t kernel) {
    Axis axis{
        in, 0, kernel, node.attribute_ints("strides", {1, 1})[i], node.attribute_ints("dilations", {1, 1})[i],
        0,  0};
    const auto pads = node.attribute_ints("pads", {0, 0, 0, 0});
    const std::string automatic = node.attribute_string("auto_pad", "NOTSET");
    const std::int64_t reach = axis.dilation * (kernel - 1) + 1;
    if (automatic == "NOTSET") {
        axis.begin = pads[i];
        axis.end = pads[i + 2];
    } else if (automatic != "VALID") {
        const std::int64_t wanted = (in + axis.stride - 1) / axis.stride;
        const std::int64_t total = std::max<std::int64_t>(0, (wanted - 1) * axis.stride + reach - in);
        axis.begin = automatic == "SAME_UPPER" ? total / 2 : (total + 1) / 2;
        axis.end = total - axis.begin;
    }
    const double steps =
        static_cast<double>(in + axis.begin + axis.end - reach) / static_cast<double>(axis.stride);
    const bool ceil = node.attribute_int("ceil_mode", 0) != 0;
    axis.out = static_cast<std::int64_t>(ceil ? std::ceil(steps) : std::floor(steps)) + 1;
    return axis;
}

/// Calls `visit(row, column, kernel row, kernel column)` for each position under the window, also outside of
/// the image.
void under(const Axis& rows, const Axis& columns, std::int64_t y, std::int64_t x,
           const std::function<void(std::int64_t, std::int64_t, std::int64_t, std::int64_t)>& visit) {
    for (std::int64_t i = 0; i < rows.kernel; ++i) {
        for (std::int64_t j = 0; j < columns.kernel; ++j) {
            visit(y * rows.stride - rows.begin + i * rows.dilation,
                  x * columns.stride - columns.begin + j * columns.dilation, i, j);
        }
    }
}

bool inside(const Axis& axis, std::int64_t at) { return at >= 0 && at < axis.in; }
bool padded(const Axis& axis, std::int64_t at) { return at >= -axis.begin && at < axis.in + axis.end; }

Plain conv(const Node& node, const Values& values) {
    const Plain& x = values.at(node.inputs[0]);
    const Plain& w = values.at(node.inputs[1]);
    const Axis rows = axis_of(node, 0, x.shape[2], w.shape[2]);
    const Axis columns = axis_of(node, 1, x.shape[3], w.shape[3]);
    Plain y{{x.shape[0], w.shape[0], rows.out, columns.out}, {}};
    const std::int64_t outputs_a_group = w.shape[0] / node.attribute_int("group", 1);
    for (std::size_t flat = 0; flat < count(y.shape); ++flat) {
        const Shape at = position(flat, y.shape);
        double sum = node.inputs.size() > 2 ? element(values.at(node.inputs[2]), {at[1]}) : 0;
        for (std::int64_t c = 0; c < w.shape[1]; ++c) {
            const std::int64_t channel = at[1] / outputs_a_group * w.shape[1] + c;
            under(rows, columns, at[2], at[3], [&](auto row, auto column, auto i, auto j) {
                if (inside(rows, row) && inside(columns, column))
                    sum += element(x, {at[0], channel, row, column}) * element(w, {at[1], c, i, j});
            });
        }
        y.values.push_back(sum);
    }
    return y;
}

Plain pool(const Node& node, const Plain& x) {
    const auto kernel = node.attribute_ints("kernel_shape", {});
    const Axis rows = axis_of(node, 0, x.shape[2], kernel[0]);
    const Axis columns = axis_of(node, 1, x.shape[3], kernel[1]);
    const bool counts_padding = node.attribute_int("count_include_pad", 0) != 0;
    Plain y{{x.shape[0], x.shape[1], rows.out, columns.out}, {}};
    for (std::size_t flat = 0; flat < count(y.shape); ++flat) {
        const Shape at = position(flat, y.shape);
        double largest = -std::numeric_limits<double>::infinity();
        double sum = 0;
        double seen = 0;
        under(rows, columns, at[2], at[3], [&](auto row, auto column, auto, auto) {
            const bool in = inside(rows, row) && inside(columns, column);
            const double value = in ? element(x, {at[0], at[1], row, column}) : 0;
            if (in) largest = std::max(largest, value);
            sum += value;
            if (in || (counts_padding && padded(rows, row) && padded(columns, column))) ++seen;
        });
        y.values.push_back(node.op == "MaxPool" ? largest : sum / seen);
    }
    return y;
}

Plain batch_norm(const Node& node, const Values& values) {
    Plain y = values.at(node.inputs[0]);
    const double epsilon = node.attribute_float("epsilon", 1e-5F);
    for (std::size_t flat = 0; flat < y.values.size(); ++flat) {
        const std::int64_t c = position(flat, y.shape)[1];
        const auto of = [&](std::size_t input) { return element(values.at(node.inputs[input]), {c}); };
        y.values[flat] = of(1) * (y.values[flat] - of(3)) / std::sqrt(of(4) + epsilon) + of(2);
    }
    return y;
}

Plain layer_norm(const Node& node, const Values& values) {
    Plain y = values.at(node.inputs[0]);
    std::int64_t axis = node.attribute_int("axis", -1);
    if (axis < 0) axis += std::ssize(y.shape);
    const std::size_t size = count(Shape(y.shape.begin() + axis, y.shape.end()));
    for (std::size_t start = 0; start < y.values.size(); start += size) {
        const std::span<double> row(y.values.data() + start, size);
        const double mean = std::accumulate(row.begin(), row.end(), 0.0) / static_cast<double>(size);
        double variance = 0;
        for (const double value : row)
            variance += (value - mean) * (value - mean) / static_cast<double>(size);
        const double epsilon = node.attribute_float("epsilon", 1e-5F);
        for (std::size_t i = 0; i < size; ++i) {
            row[i] = (row[i] - mean) / std::sqrt(variance + epsilon) * values.at(node.inputs[1]).values[i];
            if (node.inputs.size() > 2) row[i] += values.at(node.inputs[2]).values[i];
        }
    }
    return y;
}

Plain reduce_mean(const Plain& x, const std::vector<std::int64_t>& axes, bool keep) {
    std::vector<bool> gone(x.shape.size(), false);
    for (const std::int64_t axis : axes)
        gone[static_cast<std::size_t>(axis < 0 ? axis + std::ssize(x.shape) : axis)] = true;
    Plain y{x.shape, {}};
    for (std::size_t d = 0; d < gone.size(); ++d) {
        if (gone[d]) y.shape[d] = 1;
    }
    y.values.assign(count(y.shape), 0.0);
    for (std::size_t flat = 0; flat < x.values.size(); ++flat) {
        Shape at = position(flat, x.shape);
        for (std::size_t d = 0; d < gone.size(); ++d) {
            if (gone[d]) at[d] = 0;
        }
        element(y, at) +=
            x.values[flat] * static_cast<double>(y.values.size()) / static_cast<double>(x.values.size());
    }
    if (keep) return y;
    Shape shape;
    for (std::size_t d = 0; d < gone.size(); ++d) {
        if (!gone[d]) shape.push_back(x.shape[d]);
    }
    y.shape = shape;
    return y;
}

std::vector<std::int64_t> dimensions(std::size_t first, const Plain& x) {
    std::vector<std::int64_t> all;
    for (std::size_t d = first; d < x.shape.size(); ++d) all.push_back(static_cast<std::int64_t>(d));
    return all;
}

Plain transpose(const Node& node, const Plain& x) {
    auto reversed = dimensions(0, x);
    std::reverse(reversed.begin(), reversed.end());
    const auto perm = node.attribute_ints("perm", reversed);
    Plain y{{}, std::vector<double>(x.values.size())};
    for (const std::int64_t from : perm) y.shape.push_back(x.shape[static_cast<std::size_t>(from)]);
    for (std::size_t flat = 0; flat < x.values.size(); ++flat) {
        const Shape at = position(flat, x.shape);
        Shape to;
        for (const std::int64_t from : perm) to.push_back(at[static_cast<std::size_t>(from)]);
        element(y, to) = x.values[flat];
    }
    return y;
}

Plain clip(const Node& node, Plain x, const Values& values) {
    const auto bound = [&](std::size_t i, double fallback) {
        const bool given = i < node.inputs.size() && !node.inputs[i].empty();
        return given ? values.at(node.inputs[i]).values[0] : fallback;
    };
    const double infinity = std::numeric_limits<double>::infinity();
    for (double& value : x.values) value = std::min(std::max(value, bound(1, -infinity)), bound(2, infinity));
    return x;
}

Plain reshape(Plain x, const Plain& shape) {
    Shape wanted;
    for (std::size_t i = 0; i < shape.values.size(); ++i) {
        const auto size = static_cast<std::int64_t>(shape.values[i]);
        wanted.push_back(size == 0 ? x.shape[i] : size);
    }
    const auto open = std::find(wanted.begin(), wanted.end(), -1);
    if (open != wanted.end())
        *open = element_count(x.shape) /
                -std::accumulate(wanted.begin(), wanted.end(), std::int64_t{1}, std::multiplies<>());
    x.shape = wanted;
    return x;
}

}  // namespace

std::optional<Plain> evaluate_image_op(const Node& node, const Values& values) {
    const Plain& x = values.at(node.inputs[0]);
    if (node.op == "Conv" && values.at(node.inputs[0]).shape.size() == 4) return conv(node, values);
    if (node.op == "MaxPool" || node.op == "AveragePool") return pool(node, x);
    if (node.op == "GlobalAveragePool") return reduce_mean(x, dimensions(2, x), true);
    if (node.op == "BatchNormalization") return batch_norm(node, values);
    if (node.op == "LayerNormalization") return layer_norm(node, values);
    if (node.op == "ReduceMean")
        return reduce_mean(x, node.attribute_ints("axes", dimensions(0, x)),
                           node.attribute_int("keepdims", 1) != 0);
    if (node.op == "Transpose") return transpose(node, x);
    if (node.op == "Clip") return clip(node, x, values);
    if (node.op == "Reshape") return reshape(x, values.at(node.inputs[1]));
    if (node.op == "Dropout") return x;
    if (node.op == "Erf") {
        Plain y = x;
        for (double& value : y.values) value = std::erf(value);
        return y;
    }
    return {};
}

}  // namespace espalier::test
