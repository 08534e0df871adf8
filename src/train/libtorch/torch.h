// The wall: the only way LibTorch enters. ATen alone, because torch/torch.h costs 15 s a file.
#pragma once

// First: clang 14 wants this class whole before ATen.h has vectors of it.
#include <ATen/core/ivalue.h>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <span>

#include "espalier/error.h"
#include "espalier/tensor.h"

namespace espalier::train {

/// Throws Unsupported for a type that LibTorch does not have.
at::ScalarType scalar_type(DType dtype);

/// Deep copies between the two tensor classes.
at::Tensor to_torch(const Tensor& tensor);
Tensor from_torch(const at::Tensor& tensor);

/// The floats of a contiguous f32 tensor, in place.
std::span<float> floats(const at::Tensor& tensor);

/// Runs `body`; LibTorch's exceptions leave as espalier::Error with their first line.
template <class Body>
auto translate(Body&& body) {
    try {
        return body();
    } catch (const c10::Error& error) {
        const std::string text = error.what_without_backtrace();
        throw Error("LibTorch: " + text.substr(0, text.find('\n')));
    }
}

/// "cpu" or "cuda". Throws Unsupported if the LibTorch at hand has no CUDA or finds no device.
at::Device device_named(const std::string& name);

/// Uses `threads` threads for LibTorch and the BLAS under it. An OpenBLAS that brings threads of its own
/// beside OpenMP makes two cores slower than one (docs/decisions), so it is held to one thread.
void set_threads(int threads);

}  // namespace espalier::train
