// NumPy's .npy files, version 1 to 3, C order: how `espalier run` exchanges tensors with other tools.
#pragma once

#include <filesystem>

#include "espalier/tensor.h"

namespace espalier {

/// Throws IoError, BadData (not an npy file, cut off) or Unsupported (Fortran order, big-endian, structured).
Tensor read_npy(const std::filesystem::path& path);

/// Written atomically. bf16 has no npy name and is refused with Unsupported.
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

}  // namespace espalier
