#include <fmt/format.h>

#include <algorithm>

#include "base/text/nearest.h"
#include "espalier/error.h"
#include "espalier/prune.h"

namespace espalier::prune {

std::vector<Candidate> candidates(const Weights& weights, std::span<const std::string> named) {
    std::vector<std::string> known;
    for (const auto& [name, tensor] : weights) known.push_back(name);
    for (const std::string& name : named) {
        const auto found = weights.find(name);
        if (found == weights.end()) {
            throw InvalidArgument(fmt::format("weight \"{}\"{}", name, unknown_hint(name, known)));
        }
        if (found->second.dtype() != DType::f32) {
            throw InvalidArgument(
                fmt::format("weight \"{}\" holds {}, expected f32", name, name_of(found->second.dtype())));
        }
    }
    std::vector<Candidate> out;
    for (const auto& [name, tensor] : weights) {
        if (tensor.dtype() != DType::f32 || tensor.count() == 0) continue;
        if (tensor.rank() < 2 && std::ranges::find(named, name) == named.end()) continue;
        out.push_back({.name = name, .shape = tensor.shape(), .weight = tensor.f32()});
    }
    return out;
}

}  // namespace espalier::prune
