// Concat: rows of the inputs beside each other.
#include <algorithm>

#include "runtime/loops.h"
#include "runtime/pieces.h"

namespace espalier::runtime::lowerings_ {
namespace {

std::vector<Candidate> candidates(const Site& site) {
    std::vector<Shape> shapes;
    for (const Operand& operand : site.operands) shapes.push_back(operand.shape);
    std::int64_t axis = site.node.attribute_int("axis", 0);
    if (axis < 0) axis += std::ssize(site.output);
    const Pieces pieces = Pieces::of(shapes, static_cast<std::size_t>(axis));
    const std::int64_t count = std::ssize(shapes);
    return {
        loops(pieces.rows * count, element_count(site.output),
              [=, row = pieces.row()](Inputs inputs, float* output, std::int64_t begin, std::int64_t end) {
                  for (std::int64_t i = begin; i < end; ++i) {
                      float* to = output + i / count * row;
                      const auto piece = static_cast<std::size_t>(i % count);
                      for (std::size_t k = 0; k < piece; ++k) to += pieces.lengths[k];
                      const std::int64_t length = pieces.lengths[piece];
                      std::copy_n(inputs[piece] + i / count * length, length, to);
                  }
              })};
}

}  // namespace

extern const Lowering concat{
    .name = "Concat", .summary = "values behind each other", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_
