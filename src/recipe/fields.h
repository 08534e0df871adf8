// The one list of a recipe's fields. Reading, writing and comparing are visitors over it; a new field is one
// line.
#pragma once

#include <string>
#include <string_view>

#include "espalier/recipe.h"

namespace espalier {

/// A condition on a value and how a message words it: {in_unit_interval, "a number between 0 and 1"}.
template <class T>
struct Check {
    bool (*holds)(const T&) = nullptr;
    const char* expected = "";
};

/// Calls visitor.field(key, member of `recipe`, check) for every field, keys as in "train.batch_size".
template <class AnyRecipe, class Visitor>
void visit_fields(AnyRecipe& recipe, Visitor&& visitor) {
    using Int = std::int64_t;
    const Check<Int> any_seed{[](const Int& v) { return v >= 0; }, "0 or more"};
    // Bounds far above any use, so that products of counts stay small numbers.
    const Check<Int> up_to_1e4{[](const Int& v) { return v >= 1 && v <= 10'000; }, "1 to 10,000"};
    const Check<Int> from_0_to_1e4{[](const Int& v) { return v >= 0 && v <= 10'000; }, "0 to 10,000"};
    const Check<Int> from_2_to_1e4{[](const Int& v) { return v >= 2 && v <= 10'000; }, "2 to 10,000"};
    const Check<Int> from_0_to_1e12{[](const Int& v) { return v >= 0 && v <= 1'000'000'000'000; },
                                    "0 to 1,000,000,000,000"};
    const Check<Int> up_to_1e9{[](const Int& v) { return v >= 1 && v <= 1'000'000'000; },
                               "1 to 1,000,000,000"};
    const Check<Int> from_0_to_1e9{[](const Int& v) { return v >= 0 && v <= 1'000'000'000; },
                                   "0 to 1,000,000,000"};
    const Check<Int> up_to_1e6{[](const Int& v) { return v >= 1 && v <= 1'000'000; }, "1 to 1,000,000"};
    const Check<Int> axis{[](const Int& v) { return v == -1 || (v >= 1 && v <= 7); },
                          "1 to 7, or -1 for the last"};
    const Check<double> share{[](const double& v) { return v > 0 && v < 1; },
                              "a number between 0 and 1, both excluded"};
    const Check<double> factor{[](const double& v) { return v >= 0 && v < 1; }, "a number from 0 to below 1"};
    const Check<double> up_to_one{[](const double& v) { return v >= 0 && v <= 1; }, "a number from 0 to 1"};
    const Check<double> share_or_none{[](const double& v) { return v >= 0 && v < 1; },
                                      "a number between 0 and 1, both excluded, or 0 for prune.rate"};
    const Check<double> positive{[](const double& v) { return v > 0 && v <= 1e6; },
                                 "a number greater than 0, at most 1e6"};
    const Check<double> not_negative{[](const double& v) { return v >= 0 && v <= 1e6; },
                                     "a number from 0 to 1e6"};
    const Check<Length> some_steps{[](const Length& v) { return v.epochs > 0 || v.iterations > 0; },
                                   "a length greater than 0, such as \"20ep\" or \"500it\""};
    const Check<Length> any_length{};
    const Check<std::string> text{};
    const Check<std::string> normalization{
        [](const std::string& v) { return v.empty() || v == "stored" || v == "computed"; },
        "\"stored\", \"computed\" or \"\" (the data set's own)"};
    const Check<std::string> device{[](const std::string& v) { return v == "cpu" || v == "cuda"; },
                                    "\"cpu\" or \"cuda\""};
    const Check<std::string> combination{
        [](const std::string& v) { return v == "sum" || v == "mean" || v == "max" || v == "first"; },
        "\"sum\", \"mean\", \"max\" or \"first\""};
    const Check<bool> flag{};

    visitor.field("model.network", recipe.model.network, text);
    visitor.field("model.onnx", recipe.model.onnx, text);
    visitor.field("model.initialization", recipe.model.initialization, text);
    visitor.field("model.output", recipe.model.output, text);
    visitor.field("model.class_axis", recipe.model.class_axis, axis);

    visitor.field("data.dataset", recipe.data.dataset, text);
    visitor.field("data.path", recipe.data.path, text);
    visitor.field("data.validation", recipe.data.validation, up_to_1e9);
    visitor.field("data.test", recipe.data.test, from_0_to_1e9);
    visitor.field("data.normalize", recipe.data.normalize, normalization);
    visitor.field("data.flip", recipe.data.flip, flag);
    visitor.field("data.crop", recipe.data.crop, from_0_to_1e4);
    visitor.field("data.ignore", recipe.data.ignore, Check<std::vector<Int>>{});

    visitor.field("train.steps", recipe.train.steps, any_length);
    visitor.field("train.batch_size", recipe.train.batch_size, up_to_1e6);
    visitor.field("train.shards", recipe.train.shards, up_to_1e4);
    visitor.field("train.loss", recipe.train.loss, text);
    visitor.field("train.label_smoothing", recipe.train.loss_settings.label_smoothing, factor);
    visitor.field("train.temperature", recipe.train.loss_settings.temperature, positive);
    visitor.field("train.mix", recipe.train.loss_settings.mix, up_to_one);
    visitor.field("train.huber_distance", recipe.train.loss_settings.huber_distance, positive);
    visitor.field("train.teacher", recipe.train.teacher, text);
    visitor.field("train.freeze", recipe.train.freeze, Check<std::vector<std::string>>{});
    visitor.field("train.device", recipe.train.device, device);
    visitor.field("train.sparse_below", recipe.train.sparse_below, up_to_one);
    visitor.field("train.clip_gradient", recipe.train.clip_gradient, not_negative);
    visitor.field("train.schedule", recipe.train.schedule, text);
    visitor.field("train.warmup", recipe.train.warmup, any_length);
    visitor.field("train.milestones", recipe.train.milestones, Check<std::vector<Length>>{});
    visitor.field("train.decay", recipe.train.decay, share);
    visitor.field("train.optimizer.name", recipe.train.optimizer.name, text);
    visitor.field("train.optimizer.learning_rate", recipe.train.optimizer.learning_rate, positive);
    visitor.field("train.optimizer.momentum", recipe.train.optimizer.momentum, factor);
    visitor.field("train.optimizer.nesterov", recipe.train.optimizer.nesterov, flag);
    visitor.field("train.optimizer.weight_decay", recipe.train.optimizer.weight_decay, not_negative);
    visitor.field("train.optimizer.beta1", recipe.train.optimizer.beta1, factor);
    visitor.field("train.optimizer.beta2", recipe.train.optimizer.beta2, factor);
    visitor.field("train.optimizer.epsilon", recipe.train.optimizer.epsilon, positive);

    visitor.field("regularize.l1", recipe.regularize.l1, not_negative);
    visitor.field("regularize.l2", recipe.regularize.l2, not_negative);
    visitor.field("regularize.group_lasso", recipe.regularize.group_lasso, not_negative);
    visitor.field("regularize.group", recipe.regularize.group, text);
    visitor.field("regularize.dropout", recipe.regularize.dropout, factor);

    visitor.field("prune.granularity", recipe.prune.granularity, text);
    visitor.field("prune.criterion", recipe.prune.criterion, text);
    visitor.field("prune.unit_norm", recipe.prune.unit_norm, text);
    visitor.field("prune.floor", recipe.prune.floor, from_0_to_1e9);
    visitor.field("prune.permute", recipe.prune.permute, flag);
    visitor.field("prune.remove", recipe.prune.remove, flag);
    visitor.field("prune.combine", recipe.prune.combine, combination);
    visitor.field("prune.round_to", recipe.prune.round_to, up_to_1e6);
    visitor.field("prune.signal_batches", recipe.prune.signal_batches, up_to_1e6);
    visitor.field("prune.score_rounds", recipe.prune.score_rounds, up_to_1e4);
    visitor.field("prune.scope", recipe.prune.scope, text);
    visitor.field("prune.layers", recipe.prune.layers, Check<std::map<std::string, double>>{});
    visitor.field("prune.keep", recipe.prune.keep, Check<std::vector<std::string>>{});
    visitor.field("prune.include", recipe.prune.include, Check<std::vector<std::string>>{});
    visitor.field("prune.sensitivity", recipe.prune.sensitivity, text);
    visitor.field("prune.spacing", recipe.prune.spacing, text);
    visitor.field("prune.rounds", recipe.prune.rounds, from_0_to_1e4);
    visitor.field("prune.rate", recipe.prune.rate, share);
    visitor.field("prune.sparsity", recipe.prune.sparsity, factor);
    visitor.field("prune.weights", recipe.prune.weights, from_0_to_1e12);
    visitor.field("prune.macs", recipe.prune.macs, up_to_one);
    visitor.field("prune.output_layer_rate", recipe.prune.output_layer_rate, share_or_none);
    visitor.field("prune.schedule", recipe.prune.schedule, text);
    visitor.field("prune.one_shot", recipe.prune.one_shot, flag);
    visitor.field("prune.at", recipe.prune.at, any_length);
    visitor.field("prune.initial_sparsity", recipe.prune.initial_sparsity, factor);
    visitor.field("prune.begin", recipe.prune.begin, any_length);
    visitor.field("prune.end", recipe.prune.end, any_length);
    visitor.field("prune.every", recipe.prune.every, some_steps);
    visitor.field("prune.drop_fraction", recipe.prune.drop_fraction, share);
    visitor.field("prune.decay", recipe.prune.decay, text);
    visitor.field("prune.backward_sparsity", recipe.prune.backward_sparsity, factor);

    visitor.field("retrain.mode", recipe.retrain.mode, text);
    visitor.field("retrain.to", recipe.retrain.to, any_length);
    visitor.field("retrain.steps", recipe.retrain.steps, any_length);
    visitor.field("retrain.learning_rate", recipe.retrain.learning_rate, not_negative);
    visitor.field("retrain.batch_norm_batches", recipe.retrain.batch_norm_batches, from_0_to_1e4);

    visitor.field("experiment.seed", recipe.experiment.seed, any_seed);
    visitor.field("experiment.replicates", recipe.experiment.replicates, up_to_1e4);
    visitor.field("experiment.controls", recipe.experiment.controls, Check<std::vector<std::string>>{});
    visitor.field("experiment.control_levels", recipe.experiment.control_levels, Check<std::vector<Int>>{});
    visitor.field("experiment.stability", recipe.experiment.stability, Check<std::vector<Length>>{});
    visitor.field("experiment.stability_levels", recipe.experiment.stability_levels,
                  Check<std::vector<Int>>{});
    visitor.field("experiment.stability_points", recipe.experiment.stability_points, from_2_to_1e4);
    visitor.field("experiment.stability_examples", recipe.experiment.stability_examples, from_0_to_1e9);
    visitor.field("experiment.evaluate_every", recipe.experiment.evaluate_every, some_steps);
    visitor.field("experiment.metrics", recipe.experiment.metrics, Check<std::vector<std::string>>{});
    visitor.field("experiment.ensembles", recipe.experiment.ensembles, flag);

    visitor.field("bench.batch", recipe.bench.batch, up_to_1e6);
    visitor.field("bench.threads", recipe.bench.threads, up_to_1e4);
}

}  // namespace espalier
