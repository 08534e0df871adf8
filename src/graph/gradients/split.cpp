// Split: dx is the dy_i behind one another, zeros where one leads nowhere.
#include <algorithm>

#include "graph/gradient/moved.h"

namespace espalier::gradients_::split_ {
namespace {

void derive(Derivation& d) {
    std::vector<std::string> parts;
    if (std::ranges::find(d.node().outputs, "") != d.node().outputs.end()) return derive_moved(d);
    for (std::size_t i = 0; i < d.node().outputs.size(); ++i) {
        parts.push_back(d.dy(i));
        if (parts.back().empty())
            parts.back() = d.make("Expand", {d.number(0), d.integers(d.shape(d.out(i)))});
    }
    d.give(0, d.make("Concat", parts, {{"axis", d.node().attribute_int("axis", 0)}}));
}

}  // namespace

extern const GradientRule split{
    .name = "Split", .summary = "dx is the dy_i behind one another", .derive = derive};

}  // namespace espalier::gradients_::split_
