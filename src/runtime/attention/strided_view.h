// Where the elements of a value lie in another one that it is made of by moving alone: Transpose, Reshape,
// Slice, Split, Gather of one position, Expand. A kernel that takes steps from row to row reads the source in
// its place.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "espalier/graph.h"

namespace espalier::runtime {

using Types = std::map<std::string, ValueType>;

/// Positions of a dimension: `size` of them, `step` elements apart.
struct StridedPart {
    std::int64_t size = 1;
    std::int64_t step = 0;
};

/// A dimension, as parts that are counted one inside the other; outermost first. Reshape merges them and
/// takes them apart: 12 heads of 64 columns, in rows of 768, are one dimension of parts {12, 64}, {64, 1}.
using StridedDim = std::vector<StridedPart>;

struct StridedView {
    std::string source;       // row-major, of f32 or bytes
    std::int64_t offset = 0;  // of the first element
    std::vector<StridedDim> dims;
    float scale = 1;                      // a product with one number on the way
    std::vector<const Node*> nodes = {};  // from the source on to the value

    std::int64_t size(std::size_t dim) const;
};

/// The elements of a value of this shape as they lie in row-major order.
std::vector<StridedDim> row_major_dims(const Shape& shape);

/// The same elements in the same order under another shape; false where a dimension would be cut in two that
/// do not fit into each other.
bool reshape(std::vector<StridedDim>& dims, const Shape& shape);

/// The dimension as one part; false if its steps differ.
bool merge(StridedDim& dim);

/// Where the elements of the dimensions from `first` on, before `last`, lie, in the order of counting.
std::vector<std::int64_t> places_of(const std::vector<StridedDim>& dims, std::size_t first, std::size_t last,
                                    std::int64_t offset);

class ViewFinder {
  public:
    /// Shapes are fixed: `types` are of a graph that is specialised.
    ViewFinder(const Graph& graph, const Types& types);

    /// What moves nothing is a view of itself. `scaled`: products with one number are passed, too, where
    /// `only_reader(value)` says that nothing else reads what they give. No more than so many `steps` are
    /// gone back: a file may have any number.
    template <class OnlyReader>
    StridedView view_of(const std::string& value, bool scaled, const OnlyReader& only_reader,
                        int steps = 64) const {
        const Node* maker = steps > 0 ? maker_of(value) : nullptr;
        if (maker != nullptr && moves(*maker, value)) {
            StridedView made = view_of(maker->inputs[0], scaled, only_reader, steps - 1);
            if (apply(*maker, value, made)) return made;
        }
        if (const auto factor =
                scaled && maker != nullptr && only_reader(value) ? factor_of(*maker) : Factor();
            factor.number != 0) {
            StridedView made = view_of(maker->inputs[factor.of_input], scaled, only_reader, steps - 1);
            made.scale *= factor.number;
            made.nodes.push_back(maker);
            return made;
        }
        return itself(value);
    }

    const Node* maker_of(const std::string& value) const;
    Shape shape_of(const std::string& value) const;
    /// Of a Mul or Div of a value and one number; 0: it is another node.
    struct Factor {
        float number = 0;
        std::size_t of_input = 0;
    };
    Factor factor_of(const Node& node) const;

  private:
    bool moves(const Node& node, const std::string& value) const;
    bool apply(const Node& node, const std::string& value, StridedView& view) const;
    bool slice(const Node& node, StridedView& view) const;
    bool split(const Node& node, const std::string& value, StridedView& view) const;
    bool gather(const Node& node, StridedView& view) const;
    bool expand(const std::string& value, StridedView& view) const;
    StridedView itself(const std::string& value) const;
    const Tensor* constant(const Node& node, std::size_t input) const;

    const Graph& graph_;
    const Types& types_;
    std::map<std::string, const Node*> makers_;
};

}  // namespace espalier::runtime
