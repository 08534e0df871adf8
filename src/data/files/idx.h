// IDX, the file format of MNIST: two zero bytes, a type, the number of dimensions, each dimension as 4 bytes
// big-endian, then the elements. Plain, or inside gzip.
#pragma once

#include <filesystem>

#include "espalier/tensor.h"

namespace espalier::data {

/// Unsigned bytes with `rank` dimensions. Whether the file is gzipped is seen by its content. Throws IoError,
/// BadData (not IDX, cut off, too long, another number of dimensions) or Unsupported (another type).
Tensor read_idx(const std::filesystem::path& path, std::size_t rank);

}  // namespace espalier::data
