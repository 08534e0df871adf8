#include "train/libtorch/torch.h"

#include <ATen/Parallel.h>

#include <cstring>

#include "train/libtorch/blas.h"
#include "train/libtorch/device.h"

namespace espalier::train {
namespace {

DType dtype_from(at::ScalarType type) {
    for (const DType dtype : {DType::f32, DType::f64, DType::f16, DType::bf16, DType::i8, DType::u8,
                              DType::i16, DType::i32, DType::i64, DType::boolean}) {
        if (scalar_type(dtype) == type) return dtype;
    }
    throw Unsupported("LibTorch tensor of type " + std::string(at::toString(type)));
}

}  // namespace

at::ScalarType scalar_type(DType dtype) {
    switch (dtype) {
        case DType::f32:
            return at::kFloat;
        case DType::f64:
            return at::kDouble;
        case DType::f16:
            return at::kHalf;
        case DType::bf16:
            return at::kBFloat16;
        case DType::i8:
            return at::kChar;
        case DType::u8:
            return at::kByte;
        case DType::i16:
            return at::kShort;
        case DType::i32:
            return at::kInt;
        case DType::i64:
            return at::kLong;
        case DType::boolean:
            return at::kBool;
        default:
            throw Unsupported("training does not use tensors of " + std::string(name_of(dtype)));
    }
}

at::Tensor to_torch(const Tensor& tensor) {
    at::Tensor copy = at::empty(tensor.shape(), at::TensorOptions(scalar_type(tensor.dtype())));
    if (tensor.count() > 0) std::memcpy(copy.data_ptr(), tensor.bytes().data(), tensor.bytes().size());
    return copy;
}

Tensor from_torch(const at::Tensor& tensor) {
    const at::Tensor dense = tensor.detach().contiguous();
    Tensor copy(dtype_from(dense.scalar_type()), dense.sizes().vec());
    if (copy.count() > 0) std::memcpy(copy.bytes().data(), dense.data_ptr(), copy.bytes().size());
    return copy;
}

std::span<float> floats(const at::Tensor& tensor) {
    ESPALIER_ASSERT(tensor.is_contiguous());
    return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

at::Device device_named(const std::string& name) {
    if (name == "cpu") return at::kCPU;
    if (name != "cuda") throw InvalidArgument("device \"" + name + "\", expected \"cpu\" or \"cuda\"");
    if (!at::hasCUDA())
        throw Unsupported(
            "the LibTorch at hand was built without CUDA or finds no such device; expected \"cpu\"");
    return at::kCUDA;
}

void require_device(const std::string& name) { device_named(name); }

void set_threads(int threads) {
    at::set_num_threads(threads);
    set_blas_threads(threads);
}

}  // namespace espalier::train
