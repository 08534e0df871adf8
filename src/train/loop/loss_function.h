// The loss that a recipe names, as training and evaluation use it.
#pragma once

#include <string>

#include "train/libtorch/torch.h"
#include "train/loop/rows.h"
#include "train/loss.h"

namespace espalier::train {

/// The loss of a recipe, of a network's outputs as it gives them. What is reported and compared is always the
/// plain one: no label smoothing, no teacher.
class LossFunction {
  public:
    explicit LossFunction(const Recipe& recipe)
        : recipe_(recipe),
          loss_(losses().get(recipe.train.loss)),
          settings_(recipe.train.loss_settings),
          plain_(recipe.train.loss_settings),
          class_axis_(recipe.model.class_axis) {
        plain_.label_smoothing = 0;
    }

    at::Tensor train(const at::Tensor& outputs, const at::Tensor& targets,
                     const at::Tensor& teacher = {}) const {
        return compute(outputs, targets, teacher, settings_);
    }
    at::Tensor evaluate(const at::Tensor& outputs, const at::Tensor& targets) const {
        return compute(outputs, targets, {}, plain_);
    }
    at::Tensor rows(const at::Tensor& outputs, const at::Tensor& targets) const {
        return output_rows(outputs, targets, class_axis_);
    }
    /// The value of `graph` that it is a function of: the logits if it applies a softmax itself.
    std::string input_of(const Graph& graph) const {
        return loss_.takes_logits ? logits_of(graph, recipe_) : output_of(graph, recipe_);
    }

  private:
    at::Tensor compute(const at::Tensor& outputs, const at::Tensor& targets, const at::Tensor& teacher,
                       const Recipe::LossSettings& settings) const {
        return loss_.compute({rows(outputs, targets), target_rows(targets),
                              teacher.defined() ? rows(teacher, targets) : teacher, settings});
    }

    const Recipe& recipe_;
    const Loss& loss_;
    Recipe::LossSettings settings_;
    Recipe::LossSettings plain_;
    std::int64_t class_axis_;
};

}  // namespace espalier::train
