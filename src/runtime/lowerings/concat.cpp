// Concat: rows of the inputs beside each other.
#include <algorithm>

#include "runtime/dense/image_layout.h"
#include "runtime/loops/loop_kernel.h"
#include "runtime/loops/row_segments.h"

namespace espalier::runtime::lowerings_::concat_ {
namespace {

Candidate joined(const std::vector<Shape>& shapes, std::size_t axis, Layout layout) {
    const Pieces pieces = Pieces::of(shapes, axis);
    const std::int64_t count = std::ssize(shapes);
    Candidate candidate = loops(
        pieces.rows * count, pieces.rows * pieces.row(),
        [=, row = pieces.row()](Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) {
                float* to = output.f32() + i / count * row;
                const auto piece = static_cast<std::size_t>(i % count);
                for (std::size_t k = 0; k < piece; ++k) to += pieces.lengths[k];
                const std::int64_t length = pieces.lengths[piece];
                std::copy_n(inputs[piece].f32() + i / count * length, length, to);
            }
        });
    candidate.input = candidate.output = layout;
    return candidate;
}

/// The channels as the last dimension.
Shape channels_last(Shape shape) {
    std::rotate(shape.begin() + 1, shape.begin() + 2, shape.end());
    return shape;
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    std::vector<Shape> shapes;
    for (const OperandInfo& operand : site.operands) shapes.push_back(operand.shape);
    std::int64_t axis = site.node.attribute_int("axis", 0);
    if (axis < 0) axis += std::ssize(site.output);
    std::vector<Candidate> all = {joined(shapes, static_cast<std::size_t>(axis), Layout::row_major)};
    const auto varies = [](const OperandInfo& operand) { return operand.constant == nullptr; };
    if (axis != 1 || !is_image(site.output) || !std::ranges::all_of(site.operands, varies)) return all;
    // Whole blocks of channels are pieces of the same length as rows of the channels they hold.
    const auto fills_blocks = [](const Shape& shape) { return shape[1] % channel_block() == 0; };
    if (std::ranges::all_of(shapes, fills_blocks)) all.push_back(joined(shapes, 1, Layout::blocked));
    for (Shape& shape : shapes) shape = channels_last(shape);
    all.push_back(joined(shapes, site.output.size() - 1, Layout::channels_last));
    return all;
}

}  // namespace

extern const Lowering concat{
    .name = "Concat", .summary = "values behind each other", .candidates = candidates};

}  // namespace espalier::runtime::lowerings_::concat_
