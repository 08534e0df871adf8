// Memory for what an input asks for: a file of 200 bytes may ask for 12 GB.
#pragma once

#include <cstddef>
#include <cstdint>

namespace espalier {

/// Bytes this process can still take: what the machine has free, less where a limit of the process or of its
/// control group is tighter. Largest number where nothing tells.
std::uint64_t available_memory();

/// Bytes aligned to `alignment`, a power of two. Throws OutOfMemory where they cannot be had: also where the
/// system would promise them and end the process on first use.
std::byte* allocate_aligned(std::size_t bytes, std::size_t alignment);
void free_aligned(std::byte* data);

/// Throws OutOfMemory: "12,000,000 KB of memory are needed, 9,000,000 KB are free".
[[noreturn]] void refuse_memory(std::uint64_t bytes);

}  // namespace espalier
