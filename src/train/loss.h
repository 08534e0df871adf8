// What training minimises. One file in train/losses each.
#pragma once

#include <span>

#include "base/read_key.h"
#include "base/table.h"
#include "espalier/graph.h"
#include "espalier/recipe.h"
#include "train/libtorch/forward.h"
#include "train/target_kind.h"

namespace espalier::train {

/// Rows (train/loop/rows.h).
struct LossInput {
    const at::Tensor& outputs;  // [n, classes], or the shape of the targets
    const at::Tensor& targets;  // classes i64 [n], or numbers [n, ...]
    const at::Tensor& teacher;  // outputs of train.teacher; undefined where there is none
    const Recipe::LossSettings& settings;
};

struct Loss {
    std::string_view name;
    std::string_view summary;
    std::string_view formula;
    /// The mean over the batch, a scalar.
    at::Tensor (*compute)(const LossInput& input);
    TargetKind targets = TargetKind::any;
    bool needs_teacher = false;
    bool takes_logits = false;  // applies a softmax itself
    std::span<const ReadKey> reads = {};
};

const Table<Loss>& losses();

/// The name of the output that a recipe trains on: its model.output, or the first of a network without it.
std::string output_of(const Graph& graph, const Recipe& recipe);

/// What that output is made from where that is a Softmax or LogSoftmax over the classes, else the output.
std::string logits_of(const Graph& graph, const Recipe& recipe);

}  // namespace espalier::train
