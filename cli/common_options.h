// Options of several verbs.
#pragma once

#include <CLI/CLI.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace espalier::cli {

/// --wide: nothing is shortened.
void add_wide_option(CLI::App& command, bool& wide);

/// That of the terminal that standard output is, else 100; 0, no limit, with `wide`.
std::size_t table_width(bool wide);

/// --shape NAME=1x3x48x320; `what` says which inputs, and what for. For experiment::parse_shapes().
void add_shape_option(CLI::App& command, std::vector<std::string>& shapes, const std::string& what);

}  // namespace espalier::cli
