#include "base/start_again.h"
#include "base/threads/spinning.h"
#include "cli/verb.h"

int main(int argc, char** argv) {
    if (espalier::limit_spinning()) espalier::start_again(argv);
    return espalier::cli::run_program("espalier", "Trains, prunes and runs sparse neural networks.",
                                      espalier::cli::verbs(), argc, argv);
}
