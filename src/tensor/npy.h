// NumPy's .npy files, version 1 to 3, C order: how `espalier run` exchanges tensors with other tools.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "espalier/tensor.h"

namespace espalier {

/// An npy file in memory, such as an entry of an npz archive. Throws BadData or Unsupported, as read_npy
/// does, without a file's name.
Tensor parse_npy(std::span<const std::byte> file);

/// Throws IoError, BadData (not an npy file, cut off) or Unsupported (Fortran order, big-endian, structured).
Tensor read_npy(const std::filesystem::path& path);

/// The bytes of an npy file. bf16 has no npy name and is refused with Unsupported.
std::string npy_bytes(const Tensor& tensor);
/// The same to a file, which appears whole or not at all.
void write_npy(const std::filesystem::path& path, const Tensor& tensor);

}  // namespace espalier
