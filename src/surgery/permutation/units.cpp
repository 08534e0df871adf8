#include "surgery/permutation/units.h"

#include <algorithm>

namespace espalier::surgery {

void move_units(NamedTensors& tensors, const Units& units, std::span<const std::int64_t> places) {
    for (std::size_t s = 0; s < units.front()->slices.size(); ++s) {
        const auto found = tensors.find(units.front()->slices[s].weight);
        if (found == tensors.end()) continue;
        Tensor& tensor = found->second;
        const Tensor from = tensor;
        const auto bytes = static_cast<std::int64_t>(size_of(tensor.dtype()));
        for (std::size_t i = 0; i < places.size(); ++i) {
            const WeightSlice& to = units[i]->slices[s];
            const WeightSlice& source = units[static_cast<std::size_t>(places[i])]->slices[s];
            const std::int64_t run = to.inner * bytes;
            for (std::int64_t o = 0; o < to.outer; ++o) {
                for (std::size_t k = 0; k < to.indices.size(); ++k) {
                    const auto at = [&](const WeightSlice& slice) {
                        return (o * slice.size + slice.indices[k]) * run;
                    };
                    std::copy_n(from.bytes().begin() + at(source), run, tensor.bytes().begin() + at(to));
                }
            }
        }
    }
}

}  // namespace espalier::surgery
