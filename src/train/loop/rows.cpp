#include "train/loop/rows.h"

#include <fmt/format.h>

namespace espalier::train {
namespace {

[[noreturn]] void refuse(const at::Tensor& outputs, const at::Tensor& targets) {
    throw InvalidArgument(fmt::format("outputs are {} for targets of {}", to_string(outputs.sizes().vec()),
                                      to_string(targets.sizes().vec())));
}

at::Tensor with_class(const at::Tensor& rows, const at::Tensor& targets) {
    const at::Tensor has_class = targets.reshape({-1}).ge(0);
    return has_class.all().item<bool>() ? rows : rows.index({has_class});
}

}  // namespace

at::Tensor output_rows(const at::Tensor& outputs, const at::Tensor& targets, std::int64_t class_axis) {
    if (outputs.dim() == 0 || outputs.size(0) != targets.size(0)) refuse(outputs, targets);
    if (targets.is_floating_point()) {
        if (outputs.numel() != targets.numel()) refuse(outputs, targets);
        return outputs.reshape(targets.sizes());
    }
    if (targets.dim() == 1) return outputs;
    if (outputs.dim() != targets.dim() + 1) refuse(outputs, targets);
    const at::Tensor by_position = outputs.movedim(class_axis, -1);
    if (by_position.select(-1, 0).sizes() != targets.sizes()) refuse(outputs, targets);
    return with_class(by_position.reshape({-1, by_position.size(-1)}), targets);
}

at::Tensor target_rows(const at::Tensor& targets) {
    if (targets.is_floating_point() || targets.dim() == 1) return targets;
    return with_class(targets.reshape({-1}), targets);
}

at::Tensor as_numbers(const at::Tensor& targets, const at::Tensor& outputs) {
    if (targets.is_floating_point()) return targets;
    return at::one_hot(targets, outputs.size(1)).to(outputs.scalar_type());
}

}  // namespace espalier::train
