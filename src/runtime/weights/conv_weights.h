// The constant part of a convolution, shared by the plans for all batch sizes.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "runtime/dense/onednn.h"

namespace espalier::runtime {

class ConvWeights {
  public:
    /// Weights that stay where they are; `w` must outlive this object. `shape` is [O, C, kH, kW], or
    /// [groups, O / groups, C / groups, kH, kW].
    ConvWeights(Shape shape, std::span<const float> w, std::vector<float> bias);
    /// Weights that had to be scaled.
    ConvWeights(Shape shape, std::vector<float>&& w, std::vector<float> bias);
    ConvWeights(const ConvWeights&) = delete;
    ConvWeights& operator=(const ConvWeights&) = delete;

    std::int64_t count() const { return static_cast<std::int64_t>(w_.size()); }
    std::int64_t nonzeros() const { return nonzeros_; }
    double density() const { return static_cast<double>(nonzeros_) / static_cast<double>(count()); }

    /// The weights in the layout that a primitive asks for, made once and kept while a primitive has it.
    std::shared_ptr<const dnnl::memory> onednn(const dnnl::memory::desc& wanted);
    /// One number an output channel.
    const std::shared_ptr<const dnnl::memory>& bias() const { return bias_memory_; }

  private:
    Shape shape_;
    std::vector<float> storage_;
    std::span<const float> w_;
    std::vector<float> bias_;
    std::shared_ptr<const dnnl::memory> bias_memory_;
    std::int64_t nonzeros_ = 0;
    OnednnForms forms_;
};

}  // namespace espalier::runtime
