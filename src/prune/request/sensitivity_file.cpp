// Sensitivity tables as CSV: layer,sparsity,loss,accuracy.
#include <fmt/format.h>

#include <charconv>
#include <sstream>

#include "base/files.h"
#include "espalier/error.h"
#include "espalier/prune.h"

namespace espalier::prune {
namespace {

constexpr std::string_view kHeader = "layer,sparsity,loss,accuracy";

[[noreturn]] void fail(const std::filesystem::path& path, int line, std::string_view got) {
    throw BadData(fmt::format("{}:{}: \"{}\" is no line of a sensitivity table, expected {}", path.string(),
                              line, got, line == 1 ? kHeader : "LAYER,SPARSITY,LOSS,ACCURACY"));
}

/// Cuts the last field off `line` and reads it; false if it is no number.
bool take_number(std::string_view& line, double& value) {
    const auto comma = line.rfind(',');
    if (comma == std::string_view::npos) return false;
    const std::string_view text = line.substr(comma + 1);
    line = line.substr(0, comma);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Sensitivity read_sensitivity(const std::filesystem::path& path) {
    std::istringstream lines(read_text(path));
    Sensitivity table;
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        if (line.ends_with('\r')) line.pop_back();
        if (number == 1 ? line != kHeader : line.empty()) fail(path, number, line);
        if (number == 1) continue;
        SensitivityPoint point;
        std::string_view rest = line;  // numbers are taken from the end: a name may have commas
        if (!take_number(rest, point.accuracy) || !take_number(rest, point.loss) ||
            !take_number(rest, point.sparsity) || rest.empty()) {
            fail(path, number, line);
        }
        table[std::string(rest)].push_back(point);
    }
    if (table.empty()) throw BadData(fmt::format("{}: the sensitivity table is empty", path.string()));
    return table;
}

void write_sensitivity(const std::filesystem::path& path, const Sensitivity& table) {
    std::string text = fmt::format("{}\n", kHeader);
    for (const auto& [layer, points] : table) {
        for (const auto& [sparsity, loss, accuracy] : points)
            text += fmt::format("{},{},{},{}\n", layer, sparsity, loss, accuracy);
    }
    write_text(path, text);
}

}  // namespace espalier::prune
