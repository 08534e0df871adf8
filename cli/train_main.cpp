#include "cli/stages.h"
#include "cli/verb.h"
#include "train/libtorch/start.h"

std::string espalier::cli::built_from() { return ESPALIER_COMMIT; }

int main(int argc, char** argv) {
    espalier::train::start(argv);
    return espalier::cli::run_program("espalier-train",
                                      "The part of espalier that trains; start it through espalier.",
                                      espalier::cli::train_verbs(), argc, argv);
}
