#include "cli/verb.h"

int main(int argc, char** argv) {
    return espalier::cli::run_program("espalier", "Trains, prunes and runs sparse neural networks.",
                                      espalier::cli::verbs(), argc, argv);
}
