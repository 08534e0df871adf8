// How freed memory is kept for the next tensor.
#pragma once

namespace espalier::train {

/// glibc gives every block above some 32 MB, and what is free at the top, back to the system at once, and the
/// next step's tensors cause a page fault every 4 KB: a convolutional network then spends a fifth of its time
/// in the kernel. From now on this process keeps what it has freed. Elsewhere nothing changes.
void keep_freed_memory();

}  // namespace espalier::train
