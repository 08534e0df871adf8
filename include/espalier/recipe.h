// An experiment as a TOML file, typed. Every field has a default, a check, and the line it came from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#pragma GCC visibility push(default)  // what a shared library exports

namespace espalier {

/// A length of training: "20ep", "500it" or "2ep50it".
struct Length {
    std::int64_t epochs = 0;
    std::int64_t iterations = 0;

    std::int64_t steps(std::int64_t steps_per_epoch) const { return epochs * steps_per_epoch + iterations; }
    std::string to_string() const;
    /// Throws InvalidArgument if `text` is not a length.
    static Length parse(std::string_view text);
    bool operator==(const Length&) const = default;
};

struct Recipe {
    struct Model {
        std::string network = "lenet-300-100";
        std::string onnx;  // a file instead of a built-in network; its weights are where training begins
        std::string initialization;   // "": the network's own
        std::string output;           // onnx: the one that is trained on; "": the first
        std::int64_t class_axis = 1;  // of an output [n, classes, ...]; -1 of [n, ..., classes]
    } model;

    struct Data {
        std::string dataset = "fashion-mnist";
        std::string path;  // "": found by name
        std::int64_t validation = 5000;
        std::int64_t test = 0;  // so many of the test examples, drawn at random; 0: all
        std::string normalize;  // "stored" constants or "computed" statistics; "": the data set's own
        bool flip = false;      // training images are mirrored at random
        std::int64_t crop = 0;  // padded by as many black pixels, then cut back at random
        std::vector<std::int64_t> ignore;  // targets that stand for no class, as padding
    } data;

    struct Optimizer {
        std::string name = "adam";
        double learning_rate = 1.2e-3;
        double momentum = 0.0;      // sgd
        bool nesterov = false;      // sgd
        double weight_decay = 0.0;  // added to the gradient
        double beta1 = 0.9;         // adam
        double beta2 = 0.999;       // adam
        double epsilon = 1e-8;      // adam
    };

    struct LossSettings {
        double label_smoothing = 0;  // cross-entropy, distillation
        double temperature = 4;      // distillation
        double mix = 0.9;            // distillation: share of the teacher
        double huber_distance = 1;   // huber: where it turns from quadratic to linear
    };

    struct Train {
        Length steps{20, 0};  // 0 with model.onnx: it is trained; schedules then run over each retraining
        std::int64_t batch_size = 60;
        std::int64_t shards = 1;  // equal parts of a batch, each with batch statistics of its own
        std::string loss = "cross-entropy";
        LossSettings loss_settings;
        std::string teacher;  // distillation: an ONNX file, or "itself": the network before it was pruned
        std::vector<std::string> freeze;  // weights that are not trained; '*' stands for any characters
        std::string device = "cpu";       // or "cuda", which runs forward and backward passes
        double sparse_below = 0.4;        // layers with fewer of their weights left train on sparse kernels
        double clip_gradient = 0;         // greatest L2 norm of all gradients together; 0: any
        Optimizer optimizer;
        std::string schedule = "constant";  // of the learning rate; a factor of optimizer.learning_rate
        Length warmup{0, 0};                // steps over which it rises from 0
        std::vector<Length> milestones;     // schedule "steps"
        double decay = 0.1;                 // schedule "steps": the factor at each milestone
    } train;

    /// Penalties on the prunable weights, added to the loss.
    struct Regularize {
        double l1 = 0;
        double l2 = 0;
        double group_lasso = 0;
        std::string group = "filter";  // group lasso: a granularity
        double dropout = 0;            // ratio behind hidden fully connected layers
    } regularize;

    struct Prune {
        std::string granularity = "element";
        std::string criterion = "magnitude";
        std::string unit_norm = "l1";  // how a unit's score is made of its weights'
        std::string scope = "layer-wise";
        std::map<std::string, double> layers;  // own rate or sparsity of single layers, scopes that allow it
        std::vector<std::string> keep;         // weights that are never cut; '*' stands for any characters
        std::vector<std::string> include;  // weights that are cut though they usually are not (embeddings)
        std::string sensitivity;           // scope "sensitivity": the table's file
        std::int64_t floor = 1;            // units every layer keeps
        bool permute = false;  // units are reordered first, so that groups (RxC, N:M) keep more magnitude
        bool remove = false;   // what is cut leaves the network: channels, neurons, heads as a whole
        std::string combine =
            "sum";  // remove: how a unit's score is made of its slices' (sum, mean, max, first)
        std::int64_t round_to = 1;         // remove: widths that shrink become multiples of it
        std::int64_t signal_batches = 10;  // batches that gradients and activations are taken over
        std::int64_t score_rounds = 1;     // times that scores are taken anew within a cut; SynFlow: 100

        std::string spacing = "geometric";  // how rounds divide the way
        std::int64_t rounds = 12;
        double rate = 0.2;    // share of the weights left that a round cuts; used unless one of these is set:
        double sparsity = 0;  // share of the weights that is zero after the last round
        std::int64_t weights = 0;      // number kept, in one round
        double macs = 0;               // share of multiply-adds kept; in one round, unless it is removed
        double output_layer_rate = 0;  // the output layer's own: scope layer-wise, no `layers`; 0: the rate

        std::string schedule = "after-training";
        bool one_shot = false;         // each level is cut from the dense network at once, by all its rounds
        Length at{0, 0};               // after-training: the step whose weights are cut; 0: the last
        double initial_sparsity = 0;   // agp: at `begin`
        Length begin{0, 0};            // agp, rigl, set: first step of pruning
        Length end{0, 0};              // their last; 0: the schedule's own
        Length every{0, 100};          // steps between
        double drop_fraction = 0.3;    // rigl, set
        std::string decay;             // of the drop fraction; "": the schedule's own
        double backward_sparsity = 0;  // top-kast: share without updates; 0: as many again are updated
    } prune;

    struct Retrain {
        std::string mode = "rewind-weights";   // espalier list retraining
        Length to{0, 0};                       // the step that weights or schedule go back to
        Length steps{0, 0};                    // fine-tune: how long; 0: from `to` to the end of training
        double learning_rate = 0;              // of retraining; 0: the optimiser's
        std::int64_t batch_norm_batches = 50;  // of running statistics taken anew under a new mask
    } retrain;

    struct Experiment {
        std::int64_t seed = 1;
        std::int64_t replicates = 2;
        std::vector<std::string> controls;           // "reinitialize", "random-mask"
        std::vector<std::int64_t> control_levels;    // empty: every level
        std::vector<Length> stability;               // steps k from which stability is measured
        std::vector<std::int64_t> stability_levels;  // empty: every level, 0 included
        std::int64_t stability_points = 30;          // of the line between the two copies, both ends included
        std::int64_t stability_examples = 0;         // of each split, drawn at random, at every point; 0: all
        Length evaluate_every{0, 100};
        std::vector<std::string> metrics;  // measured at the end of every stage (espalier list metrics)
        bool ensembles = false;            // replicates, and levels, are measured together at the end
    } experiment;

    struct Bench {
        std::int64_t batch = 128;
        std::int64_t threads = 1;
    } bench;

    /// "ticket", or the name of an arm.
    std::string arm = "ticket";
    /// Other ways through the same experiment, [arms.NAME] in the file: each the whole recipe with its own
    /// answers in [model], [train], [regularize], [prune] and [retrain], without controls and stability. In
    /// the order of the file.
    std::vector<Recipe> arms;

    /// Throws IoError or BadRecipe: FILE:LINE: KEY = VALUE <what is wrong, what was expected>.
    /// `changes` are "key=value" pairs that count more than the file: "train.steps=5ep", "prune.rate=0.3".
    static Recipe from_file(const std::filesystem::path& path, const std::vector<std::string>& changes = {});
    static Recipe from_text(std::string_view text, const std::string& file_name,
                            const std::vector<std::string>& changes = {});

    /// TOML with every value that is used, defaults included.
    std::string resolved() const;

    /// "key = value" lines of the fields that differ from their defaults, of the sections or keys named. A
    /// field added later does not change this text for older recipes, so hashes of it stay valid.
    std::string deviations(const std::vector<std::string>& prefixes) const;

    /// The value of one key as TOML text if it is not the default; else "".
    std::string own_value(std::string_view key) const;

    /// All deviations, of the arms too: the same for recipes that mean the same, whatever version reads them.
    std::string identity() const;

    /// The same recipe without what a run may be given later on, as it changes no stage that is there:
    /// replicates, controls, stability, metrics, [bench], where the data lie, and rounds unless they change
    /// what each cuts.
    Recipe extensible() const;

    /// The same recipe without its controls, stability and other arms.
    Recipe without_controls() const;
    /// The same recipe without pruning: no rounds, no controls, and no scope that needs a table.
    Recipe dense_only() const;

    /// Throws BadRecipe: FILE:LINE: KEY = VALUE MESSAGE. `message` begins with its own space or punctuation.
    [[noreturn]] void fail(std::string_view key, const std::string& message) const;

    std::string file_name = "recipe";
    /// Of keys that are set, "prune.rate" -> 14; 0 for one that was set from outside the file.
    std::map<std::string, int, std::less<>> lines;
};

}  // namespace espalier

#pragma GCC visibility pop
