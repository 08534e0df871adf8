#include "cli/verb.h"

int main(int argc, char** argv) {
    return espalier::cli::run_program("espalier-train",
                                      "The part of espalier that trains; start it through espalier.",
                                      espalier::cli::train_verbs(), argc, argv);
}
