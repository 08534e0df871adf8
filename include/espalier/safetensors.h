// The safetensors file format: 8 bytes little-endian length, a JSON header, then the tensors' bytes.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "espalier/tensor.h"

#pragma GCC visibility push(default)  // what a shared library exports

namespace espalier {

using Metadata = std::map<std::string, std::string>;

struct SafetensorsFile {
    NamedTensors tensors;
    Metadata metadata;
};

/// Throws IoError, or BadData when the header or a tensor's range does not fit the file.
SafetensorsFile read_safetensors(const std::filesystem::path& path);

/// Equal content gives equal bytes. Written atomically. Throws IoError.
void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                       const Metadata& metadata = {});

}  // namespace espalier

#pragma GCC visibility pop
