#include "base/threads/spinning.h"
#include "cli/verb.h"
#include "train/libtorch/blas.h"
#include "train/libtorch/malloc_tuning.h"

int main(int argc, char** argv) {
    espalier::limit_spinning(argv);
    espalier::train::choose_blas_kernels(argv);
    espalier::train::keep_freed_memory();
    return espalier::cli::run_program("espalier-train",
                                      "The part of espalier that trains; start it through espalier.",
                                      espalier::cli::train_verbs(), argc, argv);
}
