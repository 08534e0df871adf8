// Reshape: the same elements, in the same order, under another shape. In it, 0 stands for the input's size at
// that place and one -1 for what is left.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "graph/coupling/coupling.h"
#include "graph/evaluation.h"

namespace espalier::ops_::reshape_ {
namespace {

/// A product of dimensions: its numbers, multiplied, and the symbols and unknowns beside them.
struct Product {
    std::int64_t number = 1;
    Dims open = {};

    Product(const InferContext& context, const Dims& dims) {
        for (const Dim& dim : dims) {
            if (!dim.is_fixed()) {
                open.push_back(dim);
            } else if (__builtin_mul_overflow(number, dim.size(), &number)) {
                context.fail("more elements than memory can hold");
            }
        }
    }
};

/// Takes away from both what symbols they share.
void cancel(Product& a, Product& b) {
    for (auto at = a.open.begin(); at != a.open.end();) {
        const auto same = at->is_symbol() ? std::ranges::find(b.open, *at) : b.open.end();
        if (same == b.open.end()) {
            ++at;
            continue;
        }
        b.open.erase(same);
        at = a.open.erase(at);
    }
}

std::string to_text(const Elements& shape) {
    std::vector<std::string> texts;
    for (const Element& element : shape) {
        const bool named = !element.number && !element.symbol.empty();
        texts.push_back(element.number ? std::to_string(*element.number) : named ? element.symbol : "?");
    }
    return fmt::format("{}", fmt::join(texts, ", "));
}

Dims target(const InferContext& context, const Elements& shape, const Dims& x) {
    const bool zero_copies = context.node().attribute_int("allowzero", 0) == 0;
    Dims out;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const std::int64_t number = shape[i].number.value_or(1);
        if (number < -1) context.fail(fmt::format("shape [{}] of a Reshape", to_text(shape)));
        const bool copies = number == 0 && zero_copies;
        if (copies && i >= x.size()) {
            context.fail(fmt::format("shape [{}] copies dimension {} of an input of shape {}", to_text(shape),
                                     i, to_string(x)));
        }
        out.push_back(copies ? x[i] : number == -1 ? Dim() : shape[i].dim());
    }
    return out;
}

/// The size that -1 stands for, given the elements there are and the product of the other dimensions.
Dim rest(const InferContext& context, const Product& have, const Product& others) {
    if (!others.open.empty()) return {};
    const bool divides = others.number > 0 && have.number % others.number == 0;
    if (have.open.empty() && !divides)
        context.fail(fmt::format("{} elements do not split into rows of {}", have.number, others.number));
    if (have.open.empty()) return {have.number / others.number};
    return have.open.size() == 1 && have.number == others.number ? have.open[0] : Dim();
}

Dims constant_shape(const InferContext& context, const Elements& shape) {
    const Dims& x = context.input(0).dims;
    const auto is_open = [](const Element& element) { return element.number == -1; };
    if (std::ranges::count_if(shape, is_open) > 1)
        context.fail(fmt::format("shape [{}] leaves more than one dimension open", to_text(shape)));
    Dims out = target(context, shape, x);
    const auto open = std::ranges::find_if(shape, is_open) - shape.begin();
    Dims named = out;
    if (open < std::ssize(shape)) named.erase(named.begin() + open);
    Product have(context, x);
    Product want(context, named);
    cancel(have, want);
    if (open < std::ssize(shape)) {
        out[static_cast<std::size_t>(open)] = rest(context, have, want);
    } else if (have.open.empty() && want.open.empty() && have.number != want.number) {
        context.fail(fmt::format("a value of shape {} does not fit in [{}]", to_string(x), to_text(shape)));
    }
    return out;
}

void infer(InferContext& context) {
    const Dims& length = context.input(1).dims;
    if (length.size() != 1)
        context.fail("the shape has shape " + to_string(length) + ", expected 1 dimension");
    const auto shape = context.elements(1);
    if (!shape && (!length[0].is_fixed() || length[0].size() > 64))
        context.refuse("a shape of unknown length");
    context.set_output(0, {context.input(0).dtype, shape ? constant_shape(context, *shape)
                                                         : Dims(static_cast<std::size_t>(length[0].size()))});
}

void evaluate(Evaluation& e) { e.reshape(); }

std::optional<Elements> trace(const InferContext& context) { return context.elements(0); }

void shrink(Shrinking& shrinking) { shrink_sizes(shrinking, 1); }

constexpr std::size_t kSizes[] = {1};

}  // namespace

extern const Operator reshape{.name = "Reshape",
                              .summary = "the same elements under another shape",
                              .min_inputs = 2,
                              .max_inputs = 2,
                              .infer = infer,
                              .evaluate = evaluate,
                              .takes_halves = true,
                              .trace = trace,
                              .sizes = kSizes,
                              .moves = 1,
                              .keeps_examples = keeps_first_axis,
                              .shrink = shrink};

}  // namespace espalier::ops_::reshape_
