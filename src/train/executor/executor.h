// Executes a Graph on ATen. Its parameters become the leaves of autograd; its buffers change in training
// passes.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "espalier/mask.h"
#include "train/executor/op.h"
#include "train/sparse/sparse_layer.h"

namespace espalier::train {

/// By the names of a network's inputs; "" is that of an only one, however the network calls it.
using Inputs = std::map<std::string, at::Tensor>;

class Executor {
  public:
    /// `weights` override the graph's initialisers of the same name. Throws InvalidArgument if one does not
    /// fit, Unsupported if the trainer does not have an operator that a gradient must pass through. What no
    /// parameter has a part in needs no gradient: it is computed plainly
    /// (train/executor/plain_computation.h), and once where it depends on nothing else that changes. `output`
    /// names a value to give instead of the graph's first output.
    Executor(const Graph& graph, const Weights& weights, const std::string& output = "");

    /// What forward() shows of a node just before it runs it.
    using Observer = std::function<void(const Node& node, std::span<const at::Tensor> inputs)>;

    /// The graph's first output. Records for autograd unless a NoGradGuard is alive. A training pass is a
    /// function of the weights, the inputs and `pass`, and moves the buffers. Inputs become of the types that
    /// the graph declares. Throws InvalidArgument if they are not the graph's.
    at::Tensor forward(const Inputs& inputs, const Pass& pass = {}, const Observer& observer = {});
    /// The same for a graph of one input.
    at::Tensor forward(const at::Tensor& input, const Pass& pass = {}, const Observer& observer = {}) {
        return forward(Inputs{{"", input}}, pass, observer);
    }
    /// All outputs for all inputs, in the graph's order. Throws InvalidArgument for inputs that do not fit
    /// it.
    std::vector<at::Tensor> run(std::span<const at::Tensor> inputs, const Pass& pass = {},
                                const Observer& observer = {});

    /// Replaces every parameter p by change(name, p), a leaf of autograd of the type that `change` gives.
    void transform(const std::function<at::Tensor(const std::string& name, const at::Tensor& value)>& change);

    /// From now on computes the fully connected layers and convolutions whose mask keeps at most `density` of
    /// the weights with the kept weights alone: their parameter becomes [kept], in row order. Convolutions of
    /// 3x3 and stride 1, which dense are faster than others, when they keep somewhat less. Returns the other
    /// masks.
    prune::MaskSet sparsify(const prune::MaskSet& masks, double density);
    /// Parameters and buffers as they are held: of sparse layers the kept weights alone.
    using Values = std::map<std::string, at::Tensor>;
    Values copy_values() const;
    /// Of what weights() gives, from elsewhere. Throws BadData if it does not fit.
    Values values_of(const Weights& weights) const;
    void set_values(const Values& values);
    void set_weights(const Weights& weights) { set_values(values_of(weights)); }
    /// From now on forward() computes there, on copies: parameters, buffers, input and output stay where they
    /// are, and so do optimiser and masks.
    void compute_on(at::Device device) { device_ = device; }
    /// From now on training passes move copies of the buffers, and leave these as they are.
    void hold_buffers() { holds_buffers_ = true; }
    /// Parameters that match one of these patterns have no gradients from now on. Throws InvalidArgument if
    /// one matches none.
    void freeze(const std::vector<std::string>& patterns);
    bool has_buffers() const { return !buffers_.empty(); }
    /// What training passes move without gradients, by name, in the order of their names.
    std::map<std::string, at::Tensor>& buffers() { return buffers_; }
    bool is_sparse() const { return !sparse_.empty(); }
    /// The layer whose kept weights this parameter is; null for a dense one.
    const SparseLayer* sparse(const std::string& parameter) const {
        const auto found = sparse_.find(parameter);
        return found == sparse_.end() ? nullptr : found->second.get();
    }

    /// How many nodes run before the first that reads a parameter, or all: a backward pass is done with the
    /// greatest first.
    std::size_t nodes_before(const std::string& parameter) const;
    /// Trainable tensors by name, in the order of their names.
    std::map<std::string, at::Tensor>& parameters() { return parameters_; }
    /// Parameters and buffers: all that training changes.
    Weights weights() const;
    Weights weights(const Values& values) const;

  private:
    struct Step {
        Node node;
        const TrainOp* op;              // null: computed plainly
        SparseLayer* sparse = nullptr;  // computes instead of `op`
        std::vector<int> inputs;        // slots; -1 for an input left out
        std::vector<int> outputs;
        // Where an input is f16 or bf16, `op` computes in f32 and its outputs become these; else empty.
        std::vector<at::ScalarType> narrow = {};
        // Unless somebody observes, it does the next steps' work too: a Relu, or an Add of this slot and a
        // Relu.
        std::size_t joined = 0;
        int addend = -1;
    };

    int slot(const std::string& value);
    std::vector<at::Tensor> in_order(const Inputs& inputs) const;
    std::vector<at::Tensor> values_before(std::span<const at::Tensor> inputs) const;
    void check_inputs(std::span<const at::Tensor> inputs) const;
    Weights add_trained(const Graph& graph, const Weights& weights);
    void add_steps(const Graph& graph, const Weights& constants);
    void join_steps();
    bool alone_reads(std::size_t step, int value) const;
    /// The step that reads a weight; null if none or several do.
    const Step* only_reader(const std::string& weight) const;
    /// Whether it is a convolution by this weight that can go sparse.
    bool convolves(const Step& step, const std::string& weight) const;
    std::unique_ptr<SparseLayer> sparse_layer(const Step& step, const std::string& weight,
                                              const prune::Mask& mask, double density) const;
    static void compute_joined(const Step& step, const Pass& pass, std::span<const at::Tensor> inputs,
                               std::span<const at::Tensor> values, std::vector<at::Tensor>& outputs);
    static void compute(const Step& step, const Pass& pass, std::vector<at::Tensor>& inputs,
                        std::vector<at::Tensor>& outputs);

    std::map<std::string, at::Tensor> parameters_;
    std::map<std::string, std::unique_ptr<SparseLayer>> sparse_;
    std::map<std::string, at::Tensor> buffers_;
    std::map<std::string, int> slots_;
    std::vector<at::Tensor> constants_;  // by slot; undefined where a node writes
    std::vector<Step> steps_;
    c10::optional<at::Device> device_;  // where forward() computes on copies
    bool holds_buffers_ = false;
    std::vector<Value> inputs_;
    std::vector<int> input_slots_;
    std::vector<int> output_slots_;
    bool promised_sizes_ = false;  // shapes were computed from the sizes that inputs are declared with
};

}  // namespace espalier::train
