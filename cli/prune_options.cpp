#include "cli/prune_options.h"

#include "experiment/measure/tuning_file.h"

namespace espalier::cli {

std::vector<CLI::Option*> add_cut_options(CLI::App& command, PruneArguments& a) {
    const auto add = [&](const char* name, auto& value, const char* text) {
        return command.add_option(name, value, text);
    };
    const auto each = [&](const char* name, std::vector<std::string>& values, const char* text) {
        return add(name, values, text)->allow_extra_args(false);
    };
    const auto shown = [&](const char* name, auto& value, const char* text) {
        return add(name, value, text)->capture_default_str();
    };
    return {
        shown("--granularity", a.cut.granularity,
              "What is cut: element, 2:4, \"block 4x1\", filter, ... (espalier list granularities)"),
        shown("--criterion", a.cut.criterion,
              "How it is chosen: magnitude, random, fpgm, ... (espalier list criteria)"),
        add("--calibrate", a.calibrate,
            "Inputs of the network, to cut by what its layers see (wanda, ria, sparsegpt, alps) or by the "
            "slopes of its outputs (fisher), with --remove too: .npz with arrays named like its inputs, "
            ".npy for one input, or a folder of these"),
        each("--reconstruct", a.cut.reconstruct,
             "With --calibrate, what is done for what stays, layer by layer: refit, dsnot, flap (espalier "
             "list reconstructions); may be repeated"),
        each("--metric", a.cut.metrics,
             "With --calibrate, what the outputs are compared by with those before: agreement, cosine, "
             "distance "
             "(espalier list output_metrics); may be repeated"),
        shown("--unit-norm", a.cut.unit_norm,
              "How the score of a unit is made of those of its weights: l1, l2, mean, max"),
        add("--scope", a.cut.scope,
            "Where the budget is spent: global, layer-wise, erk, lamp, ... (espalier list scopes; default: "
            "global, with --remove isomorphic, with criteria that choose layer by layer layer-wise)"),
        add("--sparsity", a.cut.target.sparsity,
            "Share of the prunable weights that is zero afterwards, 0 to below 1"),
        add("--macs", a.cut.target.macs,
            "Share of the multiply-adds of prunable weights that is kept, above 0 to 1"),
        add("--weights", a.cut.target.weights, "Number of prunable weights that are kept"),
        each("--shape", a.shapes,
             "NAME=1x3x48x320: of an input with open dimensions beside the batch, to count multiply-adds at, "
             "and with --remove to find what goes together"),
        each("--keep", a.cut.keep,
             "NAME or PATTERN (* for any characters) of weights that stay whole and count in no share; may "
             "be repeated"),
        each("--include", a.cut.include,
             "NAME or PATTERN of what is pruned only where it is asked for: embeddings, and constants that "
             "nobody trained; may be repeated"),
        add("--layer", a.layers, "NAME=SPARSITY of one layer (scopes layer-wise and explicit)"),
        command.add_flag(
            "--permute", a.permute,
            "With granularities RxC and N:M: first reorder outputs of layers, with all that is coupled "
            "with them, so that groups keep more; the network computes the same"),
        command.add_flag("--remove", a.remove,
                         "Take what is cut out of the network: filters, neurons and heads with all that goes "
                         "with them. --sparsity is the share of these"),
        shown("--repair", a.repair,
              "With --remove and --calibrate, what layers are given back of what they lost: none, statistics "
              "(mean and deviation of every output), least-squares (their weights fitted again)"),
        add("--latency", a.latency, "With --remove: 0.5x of the time that the network takes here, or 8ms"),
        each("--width", a.widths,
             "With --remove: NAME=CHANNELS of one group (espalier inspect --groups); may be repeated"),
        shown("--round-to", a.round_to,
              "With --remove: widths become multiples of it; auto: of the step in which kernels get "
              "slower, measured here"),
        shown("--store", a.store,
              "How weights are written: as-is, or f16 behind casts to f32: half of the bytes, rounded to "
              "11 bits")
            ->check(CLI::IsMember({"as-is", "f16"})),
        shown("--combine", a.cut.combine,
              "With --remove: how a unit's score is made of its slices': sum, mean, max, first"),
        shown("--batch", a.batch, "Examples in a run that --latency measures")->check(CLI::Range(1, 1 << 20)),
        shown("--threads", a.threads, "Threads of it")->check(CLI::Range(1, 1024)),
        shown("--precision", a.precision, "Of it: f32, or bf16 or f16 where this processor has it")
            ->check(CLI::IsMember(experiment::precision_names())),
        add("--sensitivity", a.sensitivity,
            "Table for scope sensitivity (espalier sensitivity RECIPE writes it)"),
        add("--score-rounds", a.cut.score_rounds,
            "Times that scores are taken anew on the way to --sparsity (default: 100 for synflow, else once)")
            ->check(CLI::PositiveNumber),
        shown("--floor", a.cut.floor, "Units that every layer keeps at least")->check(CLI::NonNegativeNumber),
        shown("--seed", a.cut.seed, "Seed of the random criterion")};
}

std::vector<CLI::Option*> add_tree_options(CLI::App& command, PruneArguments& a) {
    return {
        command.add_option("--data", a.data,
                           "Trees: .npz with x_train and y_train, and where there are some x_validation, "
                           "y_validation, x_test and y_test"),
        command.add_option("--amount,--alpha", a.trees.amount,
                           "Trees: how much goes, in what the criterion counts (espalier list tree-methods)"),
        command
            .add_option("--folds", a.trees.folds,
                        "Trees: choose the amount by so many folds and the one standard error rule")
            ->check(CLI::Range(2, 1000)),
        command.add_option("--impurity", a.trees.impurity,
                           "Trees: gini, entropy, squared-error or scores (default: as fits the trees)"),
        command
            .add_option("--refit", a.trees.refit,
                        "Trees: fit all leaves again, with this L2 towards what they were")
            ->check(CLI::PositiveNumber),
        command.add_option("--report", a.page,
                           "Trees: HTML file to write: error over nodes by every method, and small trees "
                           "before and after"),
        command.add_flag_callback(
            "--keep-equal", [&a] { a.trees.lossless = false; }, "Trees: leave out the lossless passes")};
}

}  // namespace espalier::cli
