#include "base/threads/spinning.h"
#include "cli/verb.h"

int main(int argc, char** argv) {
    espalier::limit_spinning(argv);
    return espalier::cli::run_program("espalier", "Trains, prunes and runs sparse neural networks.",
                                      espalier::cli::verbs(), argc, argv);
}
