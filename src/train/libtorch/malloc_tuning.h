// Where tensors lie.
#pragma once

namespace espalier::train {

/// glibc gives large blocks, and what is free at the top, back to the system at once, and the next step's
/// tensors cause a page fault every 4 KB: 26 of the 104 s of a short run of Conv-2. From now on this process
/// keeps what it has freed. Without glibc nothing changes.
void keep_freed_memory();

/// What is free now goes back all the same: what a training no longer needs once it has begun.
void give_back_freed_memory();

/// Asks for pages of 2 MB where the system has them: a step of ResNet-20 takes 0.97 of the time dense and 0.9
/// at 10 % of the weights, on a virtual machine, where each address that is not at hand takes two walks.
/// glibc reads it from the environment when it is loaded: true if the program is to start again for it
/// (base/start_again.h), false if that was done or the user has chosen (GLIBC_TUNABLES with
/// glibc.malloc.hugetlb).
bool use_huge_pages();

}  // namespace espalier::train
