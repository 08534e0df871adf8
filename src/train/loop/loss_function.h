// The loss that a recipe names, as training and evaluation use it.
#pragma once

#include <string>

#include "train/libtorch/torch.h"
#include "train/loss.h"

namespace espalier::train {

/// The loss of a recipe. What is reported and compared is always the plain one: no label smoothing, no
/// teacher.
class LossFunction {
  public:
    explicit LossFunction(const Recipe& recipe)
        : loss_(losses().get(recipe.train.loss)), settings_(recipe.train.loss_settings) {
        plain_.label_smoothing = 0;
    }

    at::Tensor train(const at::Tensor& outputs, const at::Tensor& labels,
                     const at::Tensor& teacher = {}) const {
        return loss_.compute({outputs, labels, teacher, settings_});
    }
    /// The value of `graph` that it is a function of: the logits if it applies a softmax itself.
    std::string input_of(const Graph& graph) const {
        return loss_.takes_logits ? logits_of(graph) : graph.outputs.front().name;
    }
    at::Tensor evaluate(const at::Tensor& outputs, const at::Tensor& labels) const {
        return loss_.compute({outputs, labels, {}, plain_});
    }

  private:
    const Loss& loss_;
    Recipe::LossSettings settings_;
    Recipe::LossSettings plain_;
};

}  // namespace espalier::train
