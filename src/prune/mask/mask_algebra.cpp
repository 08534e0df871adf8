#include <fmt/format.h>

#include <bit>

#include "espalier/error.h"
#include "espalier/mask.h"

namespace espalier::prune {
namespace {

void require_same(const Mask& a, const Mask& b) {
    if (a.shape() == b.shape()) return;
    throw InvalidArgument(fmt::format("masks of shapes {} and {} cannot be compared", to_string(a.shape()),
                                      to_string(b.shape())));
}

template <class Op>
Mask combine(const Mask& a, const Mask& b, Op op) {
    require_same(a, b);
    Mask out = a;
    for (std::size_t i = 0; i < out.words().size(); ++i) out.words()[i] = op(a.words()[i], b.words()[i]);
    return out;
}

/// Calls visit(name, mask of a, mask of b).
template <class Visit>
void for_each_pair(const MaskSet& a, const MaskSet& b, Visit visit) {
    for (const auto& [name, mask] : b) {
        if (!a.contains(name))
            throw InvalidArgument(fmt::format("only one of two sets has a mask \"{}\"", name));
    }
    for (const auto& [name, mask] : a) {
        if (!b.contains(name))
            throw InvalidArgument(fmt::format("only one of two sets has a mask \"{}\"", name));
        try {
            visit(name, mask, b.at(name));
        } catch (const InvalidArgument& error) {
            throw InvalidArgument(fmt::format("mask \"{}\": {}", name, error.what()));
        }
    }
}

template <class Op>
MaskSet combine(const MaskSet& a, const MaskSet& b, Op op) {
    MaskSet out;
    for_each_pair(a, b,
                  [&](const std::string& name, const Mask& x, const Mask& y) { out.insert(name, op(x, y)); });
    return out;
}

struct Both {
    std::int64_t by_both = 0;
    std::int64_t by_either = 0;
    double overlap() const {
        return by_either == 0 ? 1.0 : static_cast<double>(by_both) / static_cast<double>(by_either);
    }
};

void count_both(const Mask& a, const Mask& b, Both& both) {
    require_same(a, b);
    for (std::size_t i = 0; i < a.words().size(); ++i) {
        both.by_both += std::popcount(a.words()[i] & b.words()[i]);
        both.by_either += std::popcount(a.words()[i] | b.words()[i]);
    }
}

}  // namespace

Mask operator&(const Mask& a, const Mask& b) {
    return combine(a, b, [](std::uint64_t x, std::uint64_t y) { return x & y; });
}
Mask operator|(const Mask& a, const Mask& b) {
    return combine(a, b, [](std::uint64_t x, std::uint64_t y) { return x | y; });
}
Mask operator-(const Mask& a, const Mask& b) {
    return combine(a, b, [](std::uint64_t x, std::uint64_t y) { return x & ~y; });
}

MaskSet operator&(const MaskSet& a, const MaskSet& b) {
    return combine(a, b, [](const Mask& x, const Mask& y) { return x & y; });
}
MaskSet operator|(const MaskSet& a, const MaskSet& b) {
    return combine(a, b, [](const Mask& x, const Mask& y) { return x | y; });
}
MaskSet operator-(const MaskSet& a, const MaskSet& b) {
    return combine(a, b, [](const Mask& x, const Mask& y) { return x - y; });
}

std::int64_t hamming_distance(const Mask& a, const Mask& b) {
    Both both;
    count_both(a, b, both);
    return both.by_either - both.by_both;
}

std::int64_t hamming_distance(const MaskSet& a, const MaskSet& b) {
    Both both;
    for_each_pair(a, b, [&](const std::string&, const Mask& x, const Mask& y) { count_both(x, y, both); });
    return both.by_either - both.by_both;
}

double overlap(const Mask& a, const Mask& b) {
    Both both;
    count_both(a, b, both);
    return both.overlap();
}

double overlap(const MaskSet& a, const MaskSet& b) {
    Both both;
    for_each_pair(a, b, [&](const std::string&, const Mask& x, const Mask& y) { count_both(x, y, both); });
    return both.overlap();
}

}  // namespace espalier::prune
