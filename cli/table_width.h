// How wide tables may be.
#pragma once

#include <CLI/CLI.hpp>

#include <cstddef>

namespace espalier::cli {

/// --wide: nothing is shortened.
void add_wide_option(CLI::App& command, bool& wide);

/// That of the terminal that standard output is, else 100; 0, no limit, with `wide`.
std::size_t table_width(bool wide);

}  // namespace espalier::cli
