#include "cli/common_options.h"

#include <unistd.h>

#include "cli/progress.h"

namespace espalier::cli {

void add_wide_option(CLI::App& command, bool& wide) {
    command.add_flag("--wide", wide,
                     "Print tables as wide as they are (default: as the terminal, 100 columns without one)");
}

std::size_t table_width(bool wide) {
    constexpr std::size_t kWithoutTerminal = 100;
    if (wide) return 0;
    const int terminal = terminal_width(STDOUT_FILENO);
    return terminal > 0 ? static_cast<std::size_t>(terminal) : kWithoutTerminal;
}

void print(const nlohmann::ordered_json& json) {
    std::cout << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
}

void add_shape_option(CLI::App& command, std::vector<std::string>& shapes, const std::string& what) {
    command.add_option("--shape", shapes, "NAME=1x3x48x320: " + what)->allow_extra_args(false);
}

}  // namespace espalier::cli
