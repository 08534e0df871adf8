// What the fast LSTM and GRU share. Gates of all steps come from one product with W; each step adds one with
// R.
#pragma once

#include <string>
#include <vector>

#include "runtime/dense/inner_matmul.h"
#include "runtime/lowering.h"

namespace espalier::runtime {

/// Sizes and places of a recurrent node (graph/computation/recurrent.h): X [T, B, I], or [B, T, I] with
/// layout = 1.
struct Sequences {
    std::int64_t steps = 0, batch = 0, inputs = 0, hidden = 0, directions = 1, gates = 0;
    bool by_batch = false;
    bool reverse = false;            // the first direction, as the second always is
    std::vector<int> operands = {};  // for each input of the node its operand; -1 where it is left out
    std::vector<int> results = {};   // the same of outputs
    const Tensor* w = nullptr;       // if they are constants
    const Tensor* r = nullptr;

    static Sequences of(const LoweringContext& site, std::int64_t gates);
    std::int64_t width() const { return gates * hidden; }
    /// Of the gates of step t, example 0; from one example to the next.
    std::int64_t gates_at(std::int64_t t) const { return (by_batch ? t : t * batch) * width(); }
    std::int64_t gates_step() const { return by_batch ? steps * width() : width(); }
    /// Of the state of direction d, example 0; from one example to the next.
    std::int64_t state_at(std::int64_t d) const { return (by_batch ? d : d * batch) * hidden; }
    std::int64_t state_step() const { return by_batch ? directions * hidden : hidden; }
};

/// Forms that are computed fast: the usual activations, no clip, no lengths, no peepholes, nothing of size 0.
bool takes_recurrent(const Node& node, const std::map<std::string, ValueType>& types);

/// One run of one direction, as a step sees it.
struct RecurrentRun {
    std::size_t direction = 0;
    const float* r = nullptr;       // where it is not constant
    const float* w_bias = nullptr;  // [G H] each; zeros where there is none
    const float* r_bias = nullptr;
    float* h = nullptr;      // [B, H]
    float* c = nullptr;      // [B, H], of an LSTM
    float* extra = nullptr;  // [B, G H]
    std::byte* scratch = nullptr;
};

class RecurrentKernel : public Kernel {
  public:
    RecurrentKernel(Sequences sequences, int threads);

    std::size_t scratch_bytes() const final;
    void run(std::span<const Operand> inputs, std::span<const Result> outputs, std::byte* scratch) final;

  protected:
    /// New h (and c) of all examples from the old ones and from W x of this step.
    virtual void step(float* gates, const RecurrentRun& run) = 0;
    virtual std::size_t product_bytes() const = 0;
    /// Threads for what a step computes element by element.
    int element_threads() const;
    /// A product of the states with `columns` rows of R.
    Product state_product(std::int64_t first, std::int64_t columns, std::int64_t target_step,
                          bool adds) const;

    Sequences sequences_;
    int threads_;

  private:
    struct Places;
    Places places(std::byte* scratch) const;
    void run_direction(std::int64_t d, std::span<const Operand> inputs, std::span<const Result> outputs,
                       const Places& at);
    /// Rows from `first` on of every direction's weights; none if they are not constant.
    static std::vector<const float*> constants_of(const Tensor* weights, std::int64_t first,
                                                  std::int64_t columns);
    const float* operand(std::span<const Operand> inputs, std::size_t index) const;

    Product input_product_;
};

/// Predicted time on one thread.
double predict_recurrent_us(const Sequences& sequences);

}  // namespace espalier::runtime
