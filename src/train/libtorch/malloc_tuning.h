// How freed memory is kept for the next tensor.
#pragma once

namespace espalier::train {

/// glibc gives large blocks, and what is free at the top, back to the system at once, and the next step's
/// tensors cause a page fault every 4 KB: 26 of the 104 s of a short run of Conv-2. From now on this process
/// keeps what it has freed. Without glibc nothing changes.
void keep_freed_memory();

}  // namespace espalier::train
