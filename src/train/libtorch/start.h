// How a program that trains begins.
#pragma once

namespace espalier::train {

/// Starts the program again with what its libraries are to read from the environment, unless that is there
/// (OpenMP's spinning, OpenBLAS's kernels, glibc's pages), and keeps freed memory. First line of main().
void start(char** argv);

}  // namespace espalier::train
