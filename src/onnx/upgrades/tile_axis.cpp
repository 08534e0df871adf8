// Tile before opset 6 repeated along one axis; it has a number for every axis now.
#include <fmt/format.h>

#include "espalier/error.h"
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::tile_axis_ {
namespace {

constexpr std::string_view kOps[] = {"Tile"};

void rewrite(Rewriter& to, Node node) {
    const auto tiles = to.constant_ints(node, 1, "tiles");
    const auto axis = to.constant_ints(node, 2, "an axis");
    if (!tiles || !axis || tiles->size() != 1 || axis->size() != 1)
        throw InvalidModel(fmt::format("{}: tiles and axis are not one number each", describe(node)));
    const std::size_t rank = to.input_type(node, 0).dims.size();
    std::vector<std::int64_t> repeats(rank, 1);
    repeats[axis_from_front(node, axis->front(), rank)] = tiles->front();
    node.inputs.resize(1);
    set_input(node, 1, to.add_ints(node, "repeats", repeats));
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade tile_axis{.name = "tile_axis",
                               .summary = "Tile: tiles and axis become a number for every axis",
                               .ops = kOps,
                               .first = 1,
                               .last = 1,
                               .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::tile_axis_
