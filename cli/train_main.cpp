#include "base/spinning.h"
#include "cli/verb.h"

int main(int argc, char** argv) {
    espalier::limit_spinning(argv);
    return espalier::cli::run_program("espalier-train",
                                      "The part of espalier that trains; start it through espalier.",
                                      espalier::cli::train_verbs(), argc, argv);
}
