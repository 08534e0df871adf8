#include "train/loop/narrowed.h"

#include "surgery/removal/group_ranking.h"

namespace espalier::train {
namespace {

/// Bytes, as tensors are what gets narrower.
Tensor to_tensor(const prune::Mask& mask) {
    Tensor tensor(DType::u8, mask.shape());
    const auto values = tensor.as<std::uint8_t>();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = mask[static_cast<std::int64_t>(i)] ? 1 : 0;
    return tensor;
}

prune::Mask to_mask(const Tensor& tensor) {
    prune::Mask mask(tensor.shape());
    const auto values = tensor.as<std::uint8_t>();
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i] == 0) mask.set(static_cast<std::int64_t>(i), false);
    }
    return mask;
}

}  // namespace

Narrowed::Narrowed(const Graph& graph, bool removes) : whole_(graph) {
    if (removes) groups_.emplace(graph);
}

bool Narrowed::take_out(const prune::MaskSet& masks) {
    if (!groups_) return false;
    std::vector<std::size_t> gone = surgery::ids_of(surgery::pruned_units(*groups_, masks));
    if (gone == gone_) return false;
    left_ = groups_->without(whole_, gone);
    narrowing_ = groups_->narrowing(whole_, gone);
    gone_ = std::move(gone);
    return true;
}

prune::MaskSet Narrowed::narrow(const prune::MaskSet& masks) const {
    if (!groups_) return masks;
    prune::MaskSet left;
    for (const auto& [name, mask] : masks) {
        prune::Mask own =
            narrowing_.cuts().contains(name) ? to_mask(narrowing_.narrow(name, to_tensor(mask))) : mask;
        if (own.kept() < own.count()) left.insert(name, std::move(own));
    }
    return left;
}

}  // namespace espalier::train
