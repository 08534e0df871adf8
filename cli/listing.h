// `espalier list`: the tables of descriptors as text or JSON.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

#include "base/table.h"

namespace espalier::cli {

struct ListArguments {
    std::string what;  // "": all
    bool json = false;
};

struct Listing {
    std::string name;                                          // as in `espalier list NAME`
    std::vector<std::pair<std::string, std::string>> entries;  // name, summary
};

template <class Entry>
Listing listing(std::string name, const Table<Entry>& table) {
    Listing out{std::move(name), {}};
    for (const Entry* entry : table) {
        std::string summary(entry->summary);
        if constexpr (requires { entry->signals_mode; }) {
            const std::string_view mode = name_of(entry->signals_mode);
            if (!mode.empty()) summary += fmt::format(" (signals in {} mode)", mode);
        }
        out.entries.emplace_back(entry->name, std::move(summary));
    }
    return out;
}

/// The tables that need no trainer.
std::vector<Listing> own_tables();

void add_list_options(CLI::App& command, ListArguments& arguments);

/// Prints the one asked for, or all. Throws InvalidArgument if there is none of that name.
void print_listings(const std::vector<Listing>& listings, const ListArguments& arguments);

}  // namespace espalier::cli
