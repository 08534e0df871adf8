// Distillation (Hinton et al. 2015), with teacher outputs t, temperature T and mix m:
//   L = (1 - m) CE(z, label) + m T^2 mean_i KL(softmax(t_i / T) || softmax(z_i / T))
// Without a teacher, as in evaluation, the cross-entropy alone.
#include "train/libtorch/torch.h"
#include "train/loss.h"

namespace espalier::train::losses_::distillation_ {
namespace {

at::Tensor compute(const LossInput& in) {
    const at::Tensor hard = at::cross_entropy_loss(in.outputs, in.targets, {}, at::Reduction::Mean, -100,
                                                   in.settings.label_smoothing);
    if (!in.teacher.defined()) return hard;
    const double temperature = in.settings.temperature;
    const at::Tensor student = at::log_softmax(in.outputs / temperature, 1);
    const at::Tensor teacher = at::log_softmax(in.teacher / temperature, 1);
    const at::Tensor divergence = (teacher.exp() * (teacher - student)).sum(1).mean();
    return (1 - in.settings.mix) * hard + in.settings.mix * temperature * temperature * divergence;
}

constexpr ReadKey kReads[] = {
    {.key = "train.label_smoothing"}, {.key = "train.temperature"}, {.key = "train.mix"}};

}  // namespace

extern const Loss distillation{.name = "distillation",
                               .summary = "cross-entropy mixed with a teacher network's softened outputs",
                               .formula = "(1 - m) CE(z, label) + m T^2 KL(softmax(t / T) || softmax(z / T))",
                               .compute = compute,
                               .targets = TargetKind::classes,
                               .needs_teacher = true,
                               .takes_logits = true,
                               .reads = kReads};

}  // namespace espalier::train::losses_::distillation_
