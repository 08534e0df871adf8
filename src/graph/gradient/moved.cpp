#include "graph/gradient/moved.h"

#include "graph/op.h"

namespace espalier {
namespace {

std::vector<Movement> movements(const Derivation& d) {
    std::vector<std::optional<Shape>> shapes;
    std::vector<const Tensor*> constants;
    for (std::size_t i = 0; i < d.node().inputs.size(); ++i) {
        shapes.emplace_back(d.has_input(i) ? std::optional(d.shape(d.in(i))) : std::nullopt);
        constants.push_back(d.constant(i));
    }
    return movements_of(d.node(), shapes, constants, std::max<std::size_t>(1, operator_of(d.node()).moves));
}

/// The part of dx that comes by one output.
std::string moved_back(Derivation& d, const Movement& movement) {
    std::vector<std::int64_t> from;  // of dy
    std::vector<std::int64_t> to;    // of dx
    for (std::size_t i = 0; i < movement.sources.size(); ++i) {
        if (movement.sources[i] < 0) continue;
        from.push_back(static_cast<std::int64_t>(i));
        to.push_back(movement.sources[i]);
    }
    std::string updates = d.reshaped(d.dy(movement.output), {element_count(movement.to)});
    if (from.size() < movement.sources.size()) updates = d.make("Gather", {updates, d.integers(from)});
    const std::string none = d.make("Expand", {d.number(0), d.integers({element_count(movement.from)})});
    const std::string flat =
        d.make("ScatterElements", {none, d.integers(to), updates}, {{"reduction", std::string("add")}});
    return d.reshaped(flat, movement.from);
}

}  // namespace

void derive_reshape(Derivation& d) {
    if (d.wants(0)) d.give(0, d.reshaped(d.dy(), d.shape(d.in())));
}

void derive_moved(Derivation& d) {
    const std::vector<Movement> all = movements(d);
    if (all.empty()) d.refuse("there is no gradient of " + d.node().op + " where it moves by other data");
    for (const Movement& movement : all) give_moved(d, movement);
}

void give_moved(Derivation& d, const Movement& movement) {
    if (d.wants(movement.input) && !d.dy(movement.output).empty())
        d.give(movement.input, moved_back(d, movement));
}

}  // namespace espalier
