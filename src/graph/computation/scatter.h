// What ScatterElements and ScatterND share: how an update meets what is there.
#pragma once

#include <algorithm>

#include "graph/computation/elementwise.h"

namespace espalier {

enum class ScatterReduction : std::uint8_t { none, add, mul, max, min };

inline ScatterReduction scatter_reduction(const Node& node) {
    const std::string reduction = node.attribute_string("reduction", "none");
    if (reduction == "none") return ScatterReduction::none;
    if (reduction == "add") return ScatterReduction::add;
    if (reduction == "mul") return ScatterReduction::mul;
    if (reduction == "max") return ScatterReduction::max;
    if (reduction == "min") return ScatterReduction::min;
    throw InvalidModel(describe(node) + ": reduction=\"" + reduction +
                       "\", expected none, add, mul, max or min");
}

template <class T>
void scatter_into(T& y, T x, ScatterReduction reduction) {
    switch (reduction) {
        case ScatterReduction::none:
            y = x;
            break;
        case ScatterReduction::add:
            y = wrapping(y, x, [](auto a, auto b) { return a + b; });
            break;
        case ScatterReduction::mul:
            y = wrapping(y, x, [](auto a, auto b) { return a * b; });
            break;
        case ScatterReduction::max:
            y = std::max(y, x);
            break;
        case ScatterReduction::min:
            y = std::min(y, x);
            break;
    }
}

/// Calls body(T()) with the elements' type; as bits where they are only moved.
template <class Body>
void scatter_types(Evaluation& e, ScatterReduction reduction, const Body& body) {
    if (reduction == ScatterReduction::none) {
        as_bits(size_of(e.dtype()), body);
    } else {
        e.numbers(e.dtype(), body);
    }
}

}  // namespace espalier
