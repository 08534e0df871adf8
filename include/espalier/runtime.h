// Runs a Graph: dense through oneDNN, sparse through kernels of its own, whichever is measured to be faster.
//
// Sparse kernels skip zeros, so 0 * Inf and 0 * NaN count as 0 there.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "espalier/tensor.h"

namespace espalier::runtime {

struct Options {
    int threads = 0;  // at most; 0: all cores. Fewer where that is measured to be faster
    /// measured: time the candidates of every layer when compiling, then the whole network against its best
    /// dense form, and keep the fastest. dense / sparse: force it, sparse where a sparse kernel exists.
    enum class Choice { measured, dense, sparse } choice = Choice::measured;
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
    double predicted_us = 0;   // of the kernel chosen, by the cost model; 0 where there is none
    double measured_us = 0;    // of the kernel chosen, by itself, timed when compiled: 10th percentile
    double dense_us = 0;       // of the fastest dense kernel, likewise
    int threads = 0;           // that the kernel runs on; 0 where it runs nothing by itself
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

/// A compiled graph. Plans are made for each set of input shapes on first use and kept. A graph in which
/// shapes depend on data has no plan and runs node by node, each "reference". One call to run() at a time;
/// sessions are independent of each other.
class Session {
  public:
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;
    ~Session();

    /// Compiles for these input shapes now, so that run() does not have to. Throws as run() does.
    void prepare(const std::map<std::string, Shape>& input_shapes);

    /// Outputs in the graph's order, of any type. Throws InvalidArgument when an input is missing, unknown,
    /// or of the wrong type or shape.
    std::vector<Tensor> run(const NamedTensors& inputs);
    /// The same, and says when every step ran.
    std::vector<Tensor> run(const NamedTensors& inputs, RunTrace& trace);

    /// Layers of the plan last prepared or run.
    const std::vector<LayerProfile>& profile() const;

  private:
    friend Session compile(const Graph& graph, const Options& options);
    struct State;
    explicit Session(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// Verifies the graph and takes its weights. Throws InvalidModel, or Unsupported naming the node.
Session compile(const Graph& graph, const Options& options = {});

/// Times of whole runs in milliseconds, without what the calling thread waited for a core: the session as
/// chosen, and the same network dense at its best, interleaved.
struct BenchResult {
    std::int64_t batch = 1;
    int threads = 1;
    int runs = 0;
    double median_ms = 0, low_ms = 0, high_ms = 0;  // median, 10th and 90th percentile
    double dense_median_ms = 0, dense_low_ms = 0, dense_high_ms = 0;
    double speedup = 1;                        // dense_median_ms / median_ms
    double speedup_low = 1, speedup_high = 1;  // 95 % confidence interval, from samples taken in turn

    /// Whether the samples tell the two apart: their interval does not hold 1.
    bool differs() const { return speedup_low > 1 || speedup_high < 1; }
    std::vector<LayerProfile> layers;
    std::vector<RunTrace> traces = {};  // of runs after those that were timed
};

struct BenchOptions {
    std::map<std::string, Shape> shapes = {};  // of inputs with more open dimensions than the first
    int traced_runs = 0;
};

/// Fixed dimensions are taken as they are, the symbolic first dimension of every input that `options` give no
/// shape becomes `batch`; inputs are random. Warms up, then takes samples of both in turn for about
/// `seconds`. Throws Unsupported where another dimension is open, and InvalidArgument for shapes that do not
/// fit.
BenchResult benchmark(const Graph& graph, std::int64_t batch, int threads, double seconds = 1.0,
                      const BenchOptions& options = {});

}  // namespace espalier::runtime
