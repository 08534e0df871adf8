// NumPy's .npz files: a ZIP archive of npy files by name, as numpy.savez and numpy.savez_compressed write it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "espalier/tensor.h"

namespace espalier {

/// The arrays of an archive. `wanted` is asked for each name before its data are unpacked, and throws for one
/// that should not be there. Throws IoError, BadData (not an archive, cut off, a wrong checksum, a name
/// twice, an entry that is no array) or Unsupported (as read_npy, encrypted, zip64), naming the file and the
/// array.
NamedTensors read_npz(const std::filesystem::path& path,
                      const std::function<void(std::string_view name)>& wanted);

/// The arrays stored as they are, written atomically; equal tensors give equal bytes. Throws IoError or
/// Unsupported (bf16, 4 GB and more).
void write_npz(const std::filesystem::path& path, const NamedTensors& arrays);

}  // namespace espalier
