// Tensors of the rounds of a loop put together, and the steps of a scan taken apart.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "espalier/graph.h"
#include "espalier/tensor.h"

namespace espalier::runtime {

/// Equal tensors, stacked along a new axis.
class Stack {
  public:
    /// Throws InvalidModel naming `where` for another shape than before, OutOfMemory.
    void push(const Tensor& tensor, const std::string& where);
    /// `type` is that of one tensor, for none at all; its open dimensions are 0 then.
    Tensor take(const ValueType& type, std::int64_t axis = 0, bool is_reversed = false) &&;

  private:
    std::vector<std::byte> bytes_;
    DType dtype_ = DType::f32;
    Shape shape_;
    std::int64_t count_ = 0;
};

/// The parts of a tensor along an axis, without it.
class Slices {
  public:
    /// What `whole` shows must outlive it. `axis` may count from the back.
    Slices(const TensorView& whole, std::int64_t axis, bool is_reversed);
    std::int64_t count() const { return count_; }
    /// Valid until the next call.
    TensorView at(std::int64_t index);

  private:
    TensorView whole_;
    std::int64_t count_ = 0, before_ = 1;
    std::size_t behind_ = 1;  // bytes of a run
    bool is_reversed_;
    Tensor slice_;
};

}  // namespace espalier::runtime
