// Options of several verbs, and how results are printed.
#pragma once

#include <CLI/CLI.hpp>

#include <cstddef>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace espalier::cli {

/// --wide: nothing is shortened.
void add_wide_option(CLI::App& command, bool& wide);

/// That of the terminal that standard output is, else 100; 0, no limit, with `wide`.
std::size_t table_width(bool wide);

/// --shape NAME=1x3x48x320; `what` says which inputs, and what for. For experiment::parse_shapes().
void add_shape_option(CLI::App& command, std::vector<std::string>& shapes, const std::string& what);

/// A name that is not UTF-8 must not cost the answer: its bad bytes are replaced.
void print(const nlohmann::ordered_json& json);

/// A result that has to_json() and to_text().
template <class Result>
void print(const Result& result, bool json, bool wide) {
    if (json) {
        print(to_json(result));
    } else {
        std::cout << to_text(result, table_width(wide));
    }
}

}  // namespace espalier::cli
