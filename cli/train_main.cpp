#include "base/spinning.h"
#include "cli/verb.h"
#include "train/blas.h"
#include "train/memory.h"

int main(int argc, char** argv) {
    espalier::limit_spinning(argv);
    espalier::train::choose_blas_kernels(argv);
    espalier::train::keep_freed_memory();
    return espalier::cli::run_program("espalier-train",
                                      "The part of espalier that trains; start it through espalier.",
                                      espalier::cli::train_verbs(), argc, argv);
}
