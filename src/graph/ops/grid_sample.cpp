// GridSample (Jaderberg et al. 2015; opset 16): y[n, c, h, w] = x[n, c] at the place that grid[n, h, w]
// names, from -1 to 1 across the image: the nearest element, or between neighbours (linear, cubic with a =
// -3/4).
#include <algorithm>
#include <cmath>

#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"

namespace espalier::ops_::grid_sample_ {
namespace {

enum class Mode : std::uint8_t { nearest, linear, cubic };
enum class Edge : std::uint8_t { zeros, border, reflection };

Mode mode_of(const InferContext& context) {
    const std::string mode = context.node().attribute_string("mode", "bilinear");
    if (mode == "nearest") return Mode::nearest;
    if (mode == "bilinear" || mode == "linear") return Mode::linear;
    if (mode == "bicubic" || mode == "cubic") return Mode::cubic;
    context.fail("mode=\"" + mode + "\", expected linear, cubic or nearest");
}

void infer(InferContext& context) {
    context.require_float(0);
    context.require_float(1);
    const Dims& x = context.input(0).dims;
    const Dims& grid = context.input(1).dims;
    if (x.size() != 4) context.refuse("an input of shape " + to_string(x) + ", only images are supported");
    context.require_rank(1, 4, "the grid");
    context.unify(x[0], grid[0], "images of the grid");
    context.unify(Dim(2), grid[3], "coordinates of the grid");
    mode_of(context);
    const std::string edge = context.node().attribute_string("padding_mode", "zeros");
    if (edge != "zeros" && edge != "border" && edge != "reflection")
        context.fail("padding_mode=\"" + edge + "\", expected zeros, border or reflection");
    context.set_output(0, {context.input(0).dtype, {x[0], x[1], grid[1], grid[2]}});
}

/// Along one axis of the image.
struct Axis {
    std::int64_t size = 1;
    bool corners = false;  // -1 and 1 are the centres of the outer elements, not their edges
    Edge edge = Edge::zeros;

    double place(double at) const {
        const auto count = static_cast<double>(size);
        return corners ? (at + 1) / 2 * (count - 1) : ((at + 1) * count - 1) / 2;
    }
    /// Folded back into the image where edges reflect.
    double reflected(double at) const {
        const double low = corners ? 0 : -0.5;
        const double high = corners ? static_cast<double>(size) - 1 : static_cast<double>(size) - 0.5;
        const double range = high - low;
        if (range <= 0) return 0;
        if (at >= low && at <= high) return at;
        double over = std::fmod(std::abs(at - low), 2 * range);
        if (over > range) over = 2 * range - over;
        return low + over;
    }
    /// The element, -1 where there is none.
    std::int64_t element(double at) const {
        if (edge == Edge::reflection) at = std::nearbyint(reflected(at));
        if (edge == Edge::zeros)
            return at >= 0 && at < static_cast<double>(size) ? static_cast<std::int64_t>(at) : -1;
        return static_cast<std::int64_t>(std::clamp(at, 0.0, static_cast<double>(size) - 1));
    }
};

/// Elements along an axis and their shares.
struct Taps {
    std::int64_t elements[4];
    double shares[4];
    int count = 1;
};

Taps taps_at(const Axis& axis, double at, Mode mode) {
    if (axis.edge == Edge::border && mode != Mode::cubic)
        at = std::clamp(at, 0.0, static_cast<double>(axis.size) - 1);
    if (axis.edge == Edge::reflection && mode != Mode::cubic) at = axis.reflected(at);
    if (!std::isfinite(at)) return {.elements = {-1}, .shares = {0}};
    if (mode == Mode::nearest) return {.elements = {axis.element(std::nearbyint(at))}, .shares = {1}};
    const double first = std::floor(at);
    const double t = at - first;
    if (mode == Mode::linear)
        return {.elements = {axis.element(first), axis.element(first + 1)}, .shares = {1 - t, t}, .count = 2};
    constexpr double a = -0.75;
    const auto near = [](double d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
    const auto far = [](double d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
    Taps taps{.elements = {}, .shares = {far(t + 1), near(t), near(1 - t), far(2 - t)}, .count = 4};
    for (int i = 0; i < 4; ++i) taps.elements[i] = axis.element(first - 1 + i);
    return taps;
}

template <class T>
double sampled(const T* image, std::int64_t width, const Taps& rows, const Taps& columns) {
    double sum = 0;
    for (int i = 0; i < rows.count; ++i) {
        if (rows.elements[i] < 0) continue;
        for (int k = 0; k < columns.count; ++k) {
            if (columns.elements[k] < 0) continue;
            sum += rows.shares[i] * columns.shares[k] *
                   static_cast<double>(image[rows.elements[i] * width + columns.elements[k]]);
        }
    }
    return sum;
}

void evaluate(Evaluation& e) {
    const Shape& x = e.input(0).shape();
    const Shape& y = e.output().shape();
    const std::string mode_name = e.node().attribute_string("mode", "bilinear");
    const Mode mode = mode_name == "nearest"         ? Mode::nearest
                      : mode_name.ends_with("cubic") ? Mode::cubic
                                                     : Mode::linear;
    const std::string edge_name = e.node().attribute_string("padding_mode", "zeros");
    const Edge edge = edge_name == "zeros"    ? Edge::zeros
                      : edge_name == "border" ? Edge::border
                                              : Edge::reflection;
    const bool corners = e.node().attribute_int("align_corners", 0) != 0;
    const Axis rows{.size = x[2], .corners = corners, .edge = edge};
    const Axis columns{.size = x[3], .corners = corners, .edge = edge};
    if (x[2] < 1 || x[3] < 1) e.refuse("images without elements");
    const std::int64_t places = y[2] * y[3];
    e.floats(e.dtype(), [&](auto zero) {
        using T = decltype(zero);
        const T* grid = e.data<T>(1);
        T* to = e.result<T>();
        for (std::int64_t n = 0; n < y[0]; ++n) {
            for (std::int64_t i = 0; i < places; ++i) {
                const T* at = grid + (n * places + i) * 2;
                const Taps down = taps_at(rows, rows.place(static_cast<double>(at[1])), mode);
                const Taps across = taps_at(columns, columns.place(static_cast<double>(at[0])), mode);
                for (std::int64_t c = 0; c < y[1]; ++c) {
                    const T* image = e.data<T>(0) + (n * x[1] + c) * x[2] * x[3];
                    to[(n * y[1] + c) * places + i] = static_cast<T>(sampled(image, x[3], down, across));
                }
            }
        }
    });
}

void couple(Coupling& coupling) {
    coupling.same({in(0, 0), in(1, 0), out(0, 0)});
    coupling.same({in(0, 1), out(0, 1)});
}

}  // namespace

extern const Operator grid_sample{.name = "GridSample",
                                  .summary = "elements of images at given places",
                                  .min_inputs = 2,
                                  .max_inputs = 2,
                                  .infer = infer,
                                  .evaluate = evaluate,
                                  .couple = couple};

}  // namespace espalier::ops_::grid_sample_
