// What the verbs of the command line do, as functions: each has a result, and what takes long can be watched
// and stopped.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "espalier/data.h"
#include "espalier/graph.h"
#include "espalier/mask.h"
#include "espalier/prune.h"
#include "espalier/recipe.h"
#include "espalier/runtime.h"
#include "espalier/store.h"
#include "espalier/surgery.h"

#pragma GCC visibility push(default)  // what a shared library exports

namespace espalier::experiment {

/// How a call that takes long is watched, on the thread that called, and stopped.
struct Watch {
    std::function<void(double share, const std::string& what)> progress = {};
    const std::atomic<bool>* stop = nullptr;  // once it is set the call throws Interrupted at a safe point

    bool is_stopped() const { return stop != nullptr && *stop; }
};

// ---- Training, pruning and retraining by a recipe

struct RunOptions {
    enum class Kind : std::uint8_t {
        ticket,  // all that the recipe says
        prune,   // without controls
        train,   // the dense network alone
        study    // the arms of `study`
    } kind = Kind::ticket;
    std::string study = {};
    std::filesystem::path folder = {};      // of the run; empty: runs/NAME-HASH, as run_folder() says
    std::vector<std::string> changes = {};  // of the recipe: "KEY=VALUE"
    int jobs = 0;                           // stages at a time; 0: as many as there are cores
    double checkpoint_seconds = 30;
    std::filesystem::path trainer = {};  // the program espalier-train; empty: see trainer_path()
    Watch watch = {};
};

/// Runs the recipe's stages in the trainer, a process of its own, then measures the tickets and writes
/// report.html into the run's folder. What is in the run already is not done again; after Interrupted the
/// same call goes on. Throws BadRecipe, BadData, Unsupported where there is no trainer, and Error with the
/// trainer's own words.
store::Run run(const std::filesystem::path& recipe, const RunOptions& options = {});

/// runs/NAME-HASH below the working folder: the same for a recipe that asks for more replicates, controls,
/// rounds or measurements, another one for a recipe whose stages are others.
std::filesystem::path run_folder(const Recipe& recipe, const std::string& study = {});

/// espalier-train beside the program that runs, else the first one of PATH; empty if there is none.
std::filesystem::path trainer_path();

/// For every ticket of the run that is not measured yet: accuracy on the test set, checked against the
/// trainer's, and latency dense and as chosen. Throws BadData if the runtime's accuracy is not the trainer's.
void measure_tickets(const Recipe& recipe, store::Run& run, const Watch& watch = {});

/// What tickets say together, where the recipe asks for it (experiment.ensembles): the mean of the softmax of
/// the outputs of all replicates at each level, level 0 the dense networks, and of all pruned levels of each
/// replicate, on the test set. Left as facts of the run (store/tables/ensemble_fact.h); what is there of the
/// same tickets stays.
void measure_ensembles(const Recipe& recipe, store::Run& run, const Watch& watch = {});

/// The ONNX file of the last level's ticket, of the replicate with the best validation accuracy. Throws
/// BadData if there is none.
std::filesystem::path last_ticket(const store::Run& run);

// ---- Pruning a network without data

/// With what a network is timed on this machine.
struct Timing {
    std::int64_t batch = 1;
    int threads = 1;  // 0: one a core
    runtime::Precision precision = runtime::Precision::f32;
};

struct Cut {
    std::string granularity = "element";
    /// One that the network's own values suffice for. With `calibration` also those that read inputs, such as
    /// wanda, or slopes of the outputs, as fisher, and methods that choose layer by layer, such as sparsegpt
    /// (`espalier list reconstructions`): their budgets are divided by wanda's scores where the scope asks
    /// for scores.
    std::string criterion = "magnitude";
    std::string unit_norm = "l1";
    /// Empty: the usual one. "layer-wise" where the criterion chooses layer by layer; in a removal
    /// "isomorphic", since scores of groups of other shapes compare badly; else "global".
    std::string scope = {};
    prune::Target target = {};
    std::map<std::string, double> layers = {};  // sparsity of single ones, for scopes layer-wise and explicit
    prune::Sensitivity sensitivity = {};        // for scope sensitivity
    /// Weights that stay whole and count in no share, by name; '*' stands for any characters. Of a removal: a
    /// unit with a part in one stays.
    std::vector<std::string> keep = {};
    /// What is pruned only where it is asked for, by name or pattern: embeddings, and numbers that look as if
    /// nobody had trained them (prunable()).
    std::vector<std::string> include = {};
    std::int64_t floor = 1;  // units that every layer keeps at least
    std::uint64_t seed = 0;  // of the random criterion
    /// Times that scores are taken anew on the way to a sparsity; 0: 100 for synaptic flow, else once.
    std::int64_t score_rounds = 0;
    /// The network's inputs for one run after another, for criteria that need some; not owned. Of a removal
    /// with `shapes` they may have others: they fit the network as it is.
    const std::vector<NamedTensors>* calibration = nullptr;
    /// What is done for what stays, layer by layer, in this order: refit, dsnot, flap. Needs `calibration`.
    std::vector<std::string> reconstruct = {};
    /// Of the outputs over the calibration data, against those before (`espalier list output_metrics`).
    std::vector<std::string> metrics = {};

    // Of removals alone:
    std::string combine = "sum";  // how a unit's score is made of its slices': sum, mean, max, first
    std::int64_t round_to = 1;    // widths that shrink are multiples of it; 0: of what pays, measured
    Timing timing = {};           // of that, and of targets in latency
    std::map<std::string, std::int64_t> widths = {};  // of groups by name: exactly so wide
    /// Of inputs with open dimensions, at which the removal is found, proved and timed.
    std::map<std::string, Shape> shapes = {};
};

/// What calibration data say of a cut.
struct CalibrationError {
    struct Layer {
        std::string weight;
        double error =
            0;  // |(W - W0) X| / |W0 X|, X as the layers before it, pruned, give it; NaN: not known
        std::int64_t rows = 0;    // of X
        std::int64_t inputs = 0;  // of one output
        double seconds = 0;       // that choosing and fitting took
    };
    std::vector<Layer> layers = {};
    double outputs = 0;                                        // |y - y0| / |y0| of the network
    std::vector<std::pair<std::string, double>> metrics = {};  // of its first output of f32
};

/// Sets weights of `graph` to zero; what is zero already stays so and counts. Halves and quantised weights
/// are scored as the numbers that they stand for, and become the zero point. With `how.calibration`, `error`
/// (if given) says what it cost. Throws InvalidArgument for a criterion that needs data that are not given,
/// InvalidModel for a network without weights to prune, BadData for data that leave a layer without inputs,
/// Unsupported where values of halves or quantised weights would change, and Interrupted.
prune::Plan cut(Graph& graph, const Cut& how, CalibrationError* error = nullptr, const Watch& watch = {});

/// What a reordering of a network's outputs gained for groups that go together.
struct Permutation {
    /// Outputs of one kind that can change places, with all that is coupled with them.
    struct Group {
        std::string name;           // the first weight whose outputs they are
        std::int64_t units = 0;     // that can change places
        std::int64_t moved = 0;     // of these, that lie elsewhere now
        std::string left_out = {};  // why none was moved; "": some were
    };
    std::vector<Group> groups = {};
    double kept_before = 0;  // share of the prunable weights' magnitude that the cut keeps as they lie
    double kept_after = 0;   // and reordered
    double difference = 0;   // of outputs on random inputs, over the largest
    bool is_applied() const { return kept_after > kept_before; }
};

/// Reorders outputs of layers, and with them all that is coupled, so that a cut by `how` keeps more magnitude
/// in the same groups: outputs that keep the same inputs come to lie side by side (granularities RxC, of more
/// than one output), or inputs that few outputs keep together (1xC and N:M). The network computes what it
/// did, but for the order of sums: that is proved by running both. Depends on nothing but graph and cut. A
/// graph that would gain nothing stays as it is. Throws InvalidArgument for other granularities, Unsupported
/// for weights that are not f32, and where outputs differ.
Permutation permute(Graph& graph, const Cut& how);

/// Calibration data for `graph` from an .npz with arrays named like its inputs, an .npy for a network with
/// one input, or a folder of such files. Arrays of more examples than the network takes become several runs.
/// Throws IoError and BadData, with the file's name.
std::vector<NamedTensors> read_calibration(const Graph& graph, const std::filesystem::path& path);

/// What went of a network, for good.
struct Removal {
    /// Units of one kind that can go by themselves: channels, neurons, heads, with all that is coupled with
    /// them.
    struct Group {
        std::string name;  // the first weight whose outputs they are
        std::int64_t units = 0;
        std::int64_t left = 0;
        std::int64_t weights = 0;  // prunable ones of each unit
        std::string refused = {};  // why none can go
    };
    std::vector<Group> groups;  // that can go first
    std::vector<std::string> notes;
    /// Of the outputs on random inputs from those of the network with zeros in place of what went, over the
    /// largest.
    double difference = 0;
    double goal = 0, reached = 0;  // of remove_to(): multiply-adds or milliseconds
};

/// Removes units of `graph`, not only their values: tensors get smaller, also those of halves and integers.
/// Criterion, norm, scope and floor of `how` choose units as they choose filters (fisher by masks of whole
/// units), its sparsity is the share of units: of every group in scope layer-wise, of all weights of those of
/// one shape in isomorphic, of all in global. The removal is proved. Throws InvalidArgument for a granularity
/// whose cuts keep their tensors, such as 2:4, Unsupported where outputs are not those of the network with
/// zeros instead, where a node's numbers cannot be changed and where open dimensions beside the batch have no
/// size, InvalidModel where nothing can go, Interrupted, and what running over `how.calibration` throws. With
/// `how.shapes` what is left is as open as it was, and proved at sizes of its own for each symbol too; where
/// that cannot be, it is left for inputs of these shapes, and a note says why.
Removal remove(Graph& graph, const Cut& how, const Watch& watch = {});

/// How much is to be left, in what counts; exactly one is set.
struct RemovalTarget {
    std::optional<double> macs = {};           // share of the multiply-adds
    std::optional<double> latency_share = {};  // of the time that the network takes here now
    std::optional<double> latency_ms = {};
};

/// The same, for as many units as lead there: removed, and timed on this machine in turn with the network
/// before, until its share is within 2 % (multiply-adds 1 %), or as near as whole units come. A target in
/// milliseconds is a share of the network's median over the whole search, and a note says how far that moved.
/// The sparsity of `how` has no meaning. Throws InvalidArgument for a target that cannot be met, with the
/// nearest, or that is met already, and Interrupted.
Removal remove_to(Graph& graph, const Cut& how, const RemovalTarget& target, const Watch& watch = {});

/// A network written to be run, and what the passes over it did.
struct Written {
    std::filesystem::path path;
    std::uintmax_t bytes = 0;
    std::uintmax_t zstd_bytes = 0;  // of the file under zstd, where its zeros take no room
    std::vector<surgery::PassResult> passes = {};
    std::int64_t halves = 0;       // tensors of f32 that are stored as f16
    double halves_change = 0;      // the largest of an element by that, over the largest of its tensor
    std::int64_t halves_kept = 0;  // tensors of f32 that stay so
};

/// Makes the network smaller by all passes but those in `without`, and writes it as ONNX; with `as_halves`
/// constants of 64 elements and more as f16, behind a Cast each, where f16 has such numbers.
Written write_to_run(Graph graph, const std::filesystem::path& path,
                     const std::vector<std::string>& without = {}, bool as_halves = false);

// ---- Running a network

struct Classified {
    Tensor outputs;       // [n, classes], or as targets are laid out
    double accuracy = 0;  // share of classes that are right, in [0, 1]; of numbers R2
    bool is_of_classes = true;
};

/// Which output is judged, and where it has classes (Recipe::Model).
struct OutputLayout {
    std::string output = {};
    std::int64_t class_axis = 1;
};

/// `graph` is the network of `session`, or interface_of() it. Inputs are normalised as its metadata say, or
/// else as the data set's own statistics do. Throws InvalidModel if the network does not take such examples
/// or gives other outputs than there are targets.
Classified classify(const Graph& graph, runtime::Session& session, const data::Examples& examples,
                    const data::Normalization& fallback, const OutputLayout& layout = {});

/// The graph's inputs from "FILE" or "NAME=FILE": .npy, .npz, or raw elements. An archive gives all inputs
/// that it names; an npy or raw file needs the name of its input where the graph has several. A raw file has
/// the type of its input and the shape in `shapes`, or else the graph's, whose one unknown dimension follows
/// from the size of the file. Throws IoError, Unsupported, and BadData saying what was got and expected:
/// inputs missing, given twice or not the graph's, wrong types and shapes.
NamedTensors read_inputs(const Graph& graph, const std::vector<std::string>& arguments,
                         const std::map<std::string, Shape>& shapes = {});

/// All of them by name in an archive (.npz), else the first of them (.npy, or raw). Written atomically.
void write_outputs(const std::filesystem::path& path, const Graph& graph, const std::vector<Tensor>& outputs);

}  // namespace espalier::experiment

#pragma GCC visibility pop
