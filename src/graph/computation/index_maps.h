// Gathers along every dimension at once: for each place of the output, the place of the input it comes from.
#pragma once

#include "graph/evaluation.h"
#include "graph/walk.h"

namespace espalier {

/// For each dimension of the output, the place in the input's dimension; -1 where there is none.
using IndexMaps = std::vector<std::vector<std::int64_t>>;

/// The output of input 0 by these maps. `fill`, one element of its type, stands where a place is -1.
inline void gather_by_maps(Evaluation& e, const IndexMaps& maps, const std::byte* fill) {
    const Shape strides = row_major_strides(e.input(0).shape());
    const Shape shape = e.output().shape();
    as_bits(size_of(e.dtype()), [&](auto zero) {
        using T = decltype(zero);
        const T* x = reinterpret_cast<const T*>(e.input(0).bytes().data());
        T* y = reinterpret_cast<T*>(e.output().bytes().data());
        Shape index(shape.size(), 0);
        for (std::int64_t i = 0; i < e.output().count(); ++i) {
            std::int64_t at = 0;
            bool inside = true;
            for (std::size_t d = 0; d < shape.size(); ++d) {
                const std::int64_t place = maps[d][static_cast<std::size_t>(index[d])];
                inside &= place >= 0;
                at += place * strides[d];
            }
            y[i] = inside ? x[at] : *reinterpret_cast<const T*>(fill);
            for (std::size_t d = shape.size(); d-- > 0;) {
                if (++index[d] < shape[d]) break;
                index[d] = 0;
            }
        }
    });
}

}  // namespace espalier
