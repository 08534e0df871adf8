// Runs a Graph: dense through oneDNN, sparse through kernels of its own, whichever is measured to be faster.
//
// Sparse kernels skip zeros, so 0 * Inf and 0 * NaN count as 0 there. Numbers below 1.2e-38 in size count as
// zero while a network runs; the calling thread's own setting is restored.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/graph.h"
#include "espalier/tensor.h"

#pragma GCC visibility push(default)  // what a shared library exports

namespace espalier::runtime {

/// What convolutions and products compute in. bf16: operands are rounded to 8 significant bits, sums are of
/// f32; what lies between such layers is bf16 too, and norms, softmax, recurrent layers and the network's
/// inputs and outputs are f32. f16: those whose weights have zeros round their operands to 11 significant
/// bits and sum up to 64 products in f16, the rest in f32; everything else is f32, dense layers too.
enum class Precision { f32, bf16, f16 };

/// Whether this processor has instructions for it: AVX-512 BF16 or AMX.
bool has_bf16();
/// AVX-512 FP16.
bool has_f16();

struct Options {
    int threads = 0;  // at most; 0: all cores. Fewer where that is measured to be faster
    /// measured: time the candidates of every layer when compiling, then the whole network against its best
    /// dense form, and keep the fastest. dense / sparse: force it, sparse where a sparse kernel exists.
    enum class Choice { measured, dense, sparse } choice = Choice::measured;
    /// How long compiling may look for the fastest kernels. none: by the cost model alone, which gives the
    /// same program each time. quick: times what the model does not decide, about 0.3 s for 100 layers. full:
    /// times every candidate, and whole programs against each other.
    enum class Tuning { none, quick, full } tuning = Tuning::quick;
    /// bf16 and f16 are permissions: layers that are faster in f32 stay there, as do sparse ones in bf16
    /// unless whole groups of 16 outputs keep the same weights. compile() throws Unsupported where the
    /// processor lacks what is asked for.
    Precision precision = Precision::f32;
    /// What Session::keep_tuning() wrote, which then need not be timed again; "": nothing. Of another
    /// processor or version it has no effect. Throws BadData for another file.
    std::string tuned = {};
    /// Steps of compiling to leave out, of those in compile_steps() that are optional: to find out which one
    /// is at fault, or what it is worth. Throws InvalidArgument for another.
    std::vector<std::string> without = {};
    std::size_t most_plans = 16;  // that a session keeps, for as many sets of input shapes; at least 1
    /// Called while compiling, with the share that is done; it must not use the session.
    std::function<void(double share)> progress = {};
};

/// What one layer runs, and why. There is one for every node, in the order of execution, and one with op
/// "layout" where sparse layers take rows of a batch into panels and give them back, and where an image
/// changes its layout. Kernel "fused": computed with the node that `why` names; "view": no data moves;
/// "reference": by the operator's plain computation, any type and shape, which takes memory while it runs.
/// Behind them, with kernel "folded", come the nodes that were computed when compiled, as constants and
/// shapes tell all of their inputs.
struct LayerProfile {
    std::string node;
    std::string op;
    std::string kernel;        // "spmm_f32_panel avx3", "dense (oneDNN)", "loops", "reference"
    std::string why;           // "fastest of 2 timed", "sparse would take 4 us", "no sparse kernel for Relu"
    double weights_left = 1;   // share of nonzeros in its weight; 1 without one
    std::int64_t weights = 0;  // elements of its weight, 0 without one
    bool is_sparse = false;    // the kernel skips zeros of the weight
    double predicted_us = 0;   // of the kernel chosen, by the cost model; 0 where there is none
    double measured_us = 0;    // of the kernel chosen, by itself, timed when compiled: 10th percentile
    double dense_us = 0;       // of the fastest dense kernel, likewise
    int threads = 0;           // that the kernel runs on; 0 where it runs nothing by itself
};

/// A step of compiling.
struct CompileStep {
    std::string_view name;     // "attach-post-operations"
    std::string_view summary;  // "computes functions and sums with the layer before them"
    bool optional = false;     // Options::without may name it
};

/// In their order.
std::span<const CompileStep> compile_steps();

struct CompileTime {
    std::string step;
    double us = 0;
};

/// When a step of a run ran, in microseconds since the run began.
struct StepTrace {
    std::size_t first = 0,
                last = 0;  // the entries of the profile, from `first` to before `last`, it computes
    double start_us = 0;
    double us = 0;
};

struct RunTrace {
    double us = 0;  // of the whole run, from the call to its return
    std::vector<StepTrace> steps;
};

/// A compiled graph. A plan is made for each set of input shapes on first use and kept, the last used ones up
/// to Options::most_plans. A graph with nodes whose outputs' shapes depend on data, or that have bodies (If,
/// Loop, Scan), is run in parts: what comes before them, these nodes ("reference", or "bodies", which are
/// compiled too), and what comes behind, which is compiled by the cost model alone, as shapes may be others
/// each time.
///
/// Threads: a session is for one thread at a time, whatever is called. share() gives another one of the same
/// network for another thread: the two may be used at once, and also share() itself may be called meanwhile.
class Session {
  public:
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;
    ~Session();

    /// Of the same network with the same options. It shares the weights, in every form that kernels want them
    /// in, and what was timed; plans and working memory are its own.
    Session share() const;
    /// The same with other options, but for `tuned`, which is read once.
    Session share(const Options& options) const;

    /// Compiles for these input shapes now, so that run() does not have to. Throws as run() does.
    void prepare(const std::map<std::string, Shape>& input_shapes);

    /// Outputs in the graph's order, of any type. Throws InvalidArgument when an input is missing, unknown,
    /// or of the wrong type or shape.
    std::vector<Tensor> run(const NamedTensors& inputs);
    /// Of inputs that lie with the caller, in the graph's order.
    std::vector<Tensor> run(std::span<const TensorView> inputs);
    /// The same, and says when every step ran.
    std::vector<Tensor> run(const NamedTensors& inputs, RunTrace& trace);
    /// Of inputs that lie with the caller, into memory of the caller, without copies; both in the graph's
    /// order. Throws InvalidArgument for others than the graph's, as also of outputs whose shapes are not
    /// those that the inputs lead to. Inputs and outputs must not overlap.
    void run(std::span<const TensorView> inputs, std::span<const TensorSpan> outputs);
    /// As the graph declares them.
    const std::vector<Value>& outputs() const;
    /// Types of the outputs for these input shapes, in the graph's order; compiles for them. Of a graph that
    /// runs in parts: as it declares them, with open dimensions.
    std::vector<ValueType> output_types(const std::map<std::string, Shape>& input_shapes);

    /// Writes what was timed for all plans made so far to a file for Options::tuned. Throws IoError.
    void keep_tuning(const std::filesystem::path& path) const;

    /// Layers of the plan last prepared or run.
    const std::vector<LayerProfile>& profile() const;
    /// In how many parts that plan runs its inputs: 1, or one an example of a batch where that was faster.
    /// Profile and traces are of all of them.
    std::int64_t parts() const;
    /// How long each step took to compile that plan, in the order of compile_steps(); what is computed once
    /// for all plans is part of each.
    const std::vector<CompileTime>& compile_times() const;

  private:
    friend Session compile(Graph graph, const Options& options);
    struct State;
    explicit Session(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Verifies the graph and takes it: moved in, it is not copied. Throws InvalidModel, or Unsupported naming
/// the node.
Session compile(Graph graph, const Options& options = {});

/// Something that runs, as networks are timed: a session with its inputs.
struct Contestant {
    Session& session;
    const NamedTensors& inputs;
};

/// How long a contestant took, without what the calling thread waited for a core, and how long over the
/// first.
struct InTurn {
    double median_ms = 0, low_ms = 0, high_ms = 0;  // median, 10th and 90th percentile of single runs
    int runs = 0;
    /// Of the time of the first in the same round: median of the rounds, and its 95 % confidence interval.
    double share = 1, share_low = 1, share_high = 1;
};

/// Warms each up, then runs all in turn, in short bursts, for about `seconds`: a neighbour or another clock
/// meets all of a round, so shares vary less than times. Throws as Session::run() does.
std::vector<InTurn> time_in_turn(std::span<const Contestant> contestants, double seconds);

/// Inputs as benchmark() takes them: f32 is random, other types are zeros. The symbolic first dimension of
/// inputs that `shapes` does not name becomes `batch`. Throws Unsupported where another dimension is open,
/// and InvalidArgument for a shape of what is no input, or a batch other than 1 that no input has.
NamedTensors random_inputs(const Graph& graph, std::int64_t batch,
                           const std::map<std::string, Shape>& shapes = {});

/// Times of whole runs in milliseconds, without what the calling thread waited for a core: the session as
/// chosen, and the same network dense at its best, interleaved.
struct BenchResult {
    std::int64_t batch = 1;
    int threads = 1;
    std::int64_t parts = 1, dense_parts = 1;  // as Session::parts()
    int runs = 0;
    double median_ms = 0, low_ms = 0, high_ms = 0;  // median, 10th and 90th percentile
    double dense_median_ms = 0, dense_low_ms = 0, dense_high_ms = 0;
    double speedup = 1;                        // dense_median_ms / median_ms
    double speedup_low = 1, speedup_high = 1;  // 95 % confidence interval, from samples taken in turn

    /// Whether the samples tell the two apart: their interval does not hold 1.
    bool differs() const { return speedup_low > 1 || speedup_high < 1; }
    std::vector<LayerProfile> layers;
    std::vector<CompileTime> compile_times = {};  // of the network as chosen
    struct AgainstF32 {
        double median_ms = 0, low_ms = 0, high_ms = 0;          // of the network at its best in f32
        double speedup = 1, speedup_low = 1, speedup_high = 1;  // over that, with its interval
        double largest_difference = 0;  // of elements of the outputs, f32 ones, and their largest size in f32
        double largest_output = 0;
    };
    std::optional<AgainstF32> against_f32 = {};  // of another precision than f32
    std::vector<RunTrace> traces = {};           // of runs after those that were timed
};

struct BenchOptions {
    std::map<std::string, Shape> shapes = {};  // of inputs with more open dimensions than the first
    int traced_runs = 0;
    Options::Tuning tuning = Options::Tuning::full;   // of the network as chosen; the dense one's is full
    std::string tuned = {};                           // as Options::tuned
    std::string keep_tuning = {};                     // the file for Session::keep_tuning(), "": none
    Precision precision = Precision::f32;             // of both
    std::vector<std::string> without = {};            // as Options::without, of the network as chosen
    std::function<void(double share)> progress = {};  // as Options::progress
};

/// Fixed dimensions are taken as they are, the symbolic first dimension of every input that `options` give no
/// shape becomes `batch`; inputs are random. Warms up, then takes samples of both in turn for about
/// `seconds`. Throws Unsupported where another dimension is open, and InvalidArgument for shapes that do not
/// fit.
BenchResult benchmark(Graph graph, std::int64_t batch, int threads, double seconds = 1.0,
                      const BenchOptions& options = {});

}  // namespace espalier::runtime

#pragma GCC visibility pop
