#include <algorithm>
#include <cmath>

#include "kernels/forest_walk/forest_walk.h"

namespace espalier::kernels {

template <class T>
void forest_walk_reference(const Forest<T>& forest, std::int64_t rows, std::int64_t columns, const T* x,
                           T* y) {
    std::fill_n(y, rows * forest.outputs, T(0));
    for (std::int64_t row = 0; row < rows; ++row) {
        for (std::size_t tree = 0; tree < forest.roots.size(); ++tree) {
            std::uint32_t at = forest.roots[tree];
            while (forest.nodes[at].child != at) {
                const ForestNode<T>& node = forest.nodes[at];
                const T value = x[row * columns + node.feature / kForestLanes];
                const bool right = std::isnan(value) ? forest.missing_right[at] != 0 : value > node.threshold;
                at = node.child + (right ? 1 : 0);
            }
            const std::size_t leaf = forest.leaf_of[at];
            T* to = y + row * forest.outputs;
            if (forest.leaves == ForestLeaves::one) {
                to[forest.output_of[tree]] += forest.values[leaf];
                continue;
            }
            for (std::int64_t k = 0; k < forest.outputs; ++k)
                to[k] += forest.values[leaf * static_cast<std::size_t>(forest.outputs) +
                                       static_cast<std::size_t>(k)];
        }
    }
}

template void forest_walk_reference(const Forest<float>&, std::int64_t, std::int64_t, const float*, float*);
template void forest_walk_reference(const Forest<double>&, std::int64_t, std::int64_t, const double*,
                                    double*);

}  // namespace espalier::kernels
