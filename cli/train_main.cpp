#include "base/threads/spinning.h"
#include "cli/stages.h"
#include "cli/verb.h"
#include "train/libtorch/blas.h"
#include "train/libtorch/malloc_tuning.h"

std::string espalier::cli::built_from() { return ESPALIER_COMMIT; }

int main(int argc, char** argv) {
    espalier::limit_spinning(argv);
    espalier::train::choose_blas_kernels(argv);
    espalier::train::keep_freed_memory();
    return espalier::cli::run_program("espalier-train",
                                      "The part of espalier that trains; start it through espalier.",
                                      espalier::cli::train_verbs(), argc, argv);
}
