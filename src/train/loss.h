// What training minimises. One file in train/losses each.
#pragma once

#include <span>

#include "base/read_key.h"
#include "base/table.h"
#include "espalier/graph.h"
#include "espalier/recipe.h"
#include "train/libtorch/forward.h"

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

}  // namespace espalier::train
