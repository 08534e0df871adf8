// What training minimises. One file in train/losses each.
#pragma once

#include <span>

#include "base/read_key.h"
#include "base/table.h"
#include "espalier/graph.h"
#include "espalier/recipe.h"
#include "train/libtorch/torch.h"

namespace espalier::train {

struct LossInput {
    const at::Tensor& outputs;  // [n, classes]
    const at::Tensor& labels;   // i64 [n]
    const at::Tensor& teacher;  // outputs of train.teacher; undefined where there is none
    const Recipe::LossSettings& settings;
};

struct Loss {
    std::string_view name;
    std::string_view summary;
    std::string_view formula;
    /// The mean over the batch, a scalar.
    at::Tensor (*compute)(const LossInput& input);
    bool needs_teacher = false;
    bool takes_logits = false;  // applies a softmax itself
    std::span<const ReadKey> reads = {};
};

const Table<Loss>& losses();

/// What the first output of `graph` is made from where that is a Softmax or LogSoftmax over the classes, else
/// the output.
std::string logits_of(const Graph& graph);

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
