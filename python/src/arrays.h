// Arrays of Python to tensors and back, without copies.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <string>

#include "espalier/tensor.h"

namespace espalier::python {

/// Somebody's array (buffer protocol or DLPack), held while it is used.
struct LentArray {
    nanobind::ndarray<nanobind::ro> array;
    TensorView view;
};

/// Throws InvalidArgument, naming the input, for what is no array, is not on the CPU, is not in row-major
/// order, is not aligned, or has elements of a type that is not a tensor's.
LentArray lent_array(nanobind::handle object, const std::string& name);

/// A key of a dict of arrays. Throws InvalidArgument for what is no string.
std::string name_of_key(nanobind::handle key);

/// Copies of a dict's arrays. Throws InvalidArgument as lent_array() and name_of_key().
NamedTensors copies_of(const nanobind::dict& arrays);

/// A NumPy array over the tensor's memory, which it takes.
nanobind::object to_numpy(Tensor tensor);

}  // namespace espalier::python
