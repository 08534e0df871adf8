// What a removal leaves of the tensors of a network: indices along their axes. Tensors go to the smaller
// network and come back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "espalier/tensor.h"

namespace espalier {

class Narrowing {
  public:
    struct Cut {
        std::size_t axis = 0;
        std::vector<std::int64_t> kept;  // indices, ascending
        std::int64_t size = 0;           // of the axis before
    };

    void add(const std::string& name, Cut cut) { cuts_[name].push_back(std::move(cut)); }
    bool is_empty() const { return cuts_.empty(); }
    /// Names of the tensors that get smaller.
    const std::map<std::string, std::vector<Cut>>& cuts() const { return cuts_; }

    /// What is left of a tensor of the whole network. Throws InvalidArgument if its shape is not that of
    /// `name`.
    Tensor narrow(const std::string& name, Tensor tensor) const;
    /// A tensor of the smaller network in the whole one's shape, with zeros where slices went.
    Tensor widen(const std::string& name, Tensor tensor) const;

    NamedTensors narrow(NamedTensors tensors) const;
    NamedTensors widen(NamedTensors tensors) const;

  private:
    std::map<std::string, std::vector<Cut>> cuts_;
};

}  // namespace espalier
