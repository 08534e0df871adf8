#include "cli/listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/text/text_table.h"
#include "cli/common_options.h"

namespace espalier::cli {
namespace {

void print_text(const Listing& listing) {
    std::size_t width = 0;
    for (const auto& [name, summary] : listing.entries) width = std::max(width, name.size());
    std::cout << listing.name << '\n';
    const std::size_t indent = width + 4;
    const std::size_t columns = table_width(false);
    for (const auto& [name, summary] : listing.entries) {
        const std::string text = wrapped(summary, columns, indent);
        std::cout << fmt::format("  {:{}}  {}", name, width, text.substr(std::min(indent, text.size())));
    }
}

}  // namespace

void add_list_options(CLI::App& command, ListArguments& arguments) {
    command.add_option("what", arguments.what, "Which table: criteria, scopes, networks, ... (default: all)")
        ->transform([](const std::string& name) { return name == "models" ? "networks" : name; });
    command.add_flag("--json", arguments.json, "Print JSON");
}

void print_listings(const std::vector<Listing>& listings, const ListArguments& arguments) {
    nlohmann::ordered_json json;
    std::vector<std::string> names;
    bool found = false;
    for (const Listing& listing : listings) {
        names.push_back(listing.name);
        if (!arguments.what.empty() && arguments.what != listing.name) continue;
        found = true;
        if (!arguments.json) {
            print_text(listing);
            continue;
        }
        for (const auto& [name, summary] : listing.entries) {
            json[listing.name].push_back({{"name", name}, {"summary", summary}});
        }
    }
    if (!found)
        throw InvalidArgument(
            fmt::format("list \"{}\"{}", arguments.what, unknown_hint(arguments.what, names)));
    if (arguments.json) std::cout << json.dump(2) << '\n';
}

}  // namespace espalier::cli
