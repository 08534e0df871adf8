#include "store/shard.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "espalier/error.h"

namespace espalier::store {
namespace {

std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    return value;
}

std::optional<int> from_environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::nullopt : number(value);
}

struct Launcher {
    const char* rank;
    const char* size;
    const char* local_size;
};
constexpr std::array<Launcher, 3> kLaunchers = {{
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE"},  // mpirun of Open MPI
    {"RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE"},                                      // torchrun
    {"SLURM_PROCID", "SLURM_NTASKS", "SLURM_NTASKS_PER_NODE"},
}};

/// The first launcher that has set both, with what they say.
std::optional<std::pair<const Launcher*, Shard>> launched() {
    for (const Launcher& launcher : kLaunchers) {
        const auto rank = from_environment(launcher.rank);
        const auto size = from_environment(launcher.size);
        if (!rank || !size || *rank < 0 || *rank >= *size) continue;
        return std::pair(&launcher, Shard{.index = *rank,
                                          .count = *size,
                                          .on_this_machine = std::max(
                                              1, from_environment(launcher.local_size).value_or(1))});
    }
    return {};
}

std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const Launcher& launcher : kLaunchers)
        names.push_back(fmt::format("{} and {}", launcher.rank, launcher.size));
    return names;
}

}  // namespace

Shard shard_of(const std::string& text) {
    if (text.empty()) return {};
    if (text == "auto") {
        if (const auto found = launched()) return found->second;
        throw InvalidArgument(fmt::format("--shard auto: no launcher has set a rank and a size ({})",
                                          fmt::join(names(), ", ")));
    }
    const std::size_t slash = text.find('/');
    if (slash != std::string::npos) {
        const auto index = number(std::string_view(text).substr(0, slash));
        const auto count = number(std::string_view(text).substr(slash + 1));
        if (index && count && *index >= 1 && *index <= *count) return {.index = *index - 1, .count = *count};
    }
    throw InvalidArgument(
        fmt::format("--shard {}: expected I/N with I from 1 to N, such as 2/4, or auto", text));
}

Shard launched_or_alone() {
    const auto found = launched();
    return found ? found->second : Shard();
}

std::string ignored_ranks(const std::string& text) {
    const auto found = text.empty() ? launched() : std::nullopt;
    if (!found || found->second.count == 1) return "";
    const auto& [launcher, shard] = *found;
    return fmt::format(
        "{}={} and {}={} are ignored: all of the work is done here; --shard auto takes a share",
        launcher->rank, shard.index, launcher->size, shard.count);
}

}  // namespace espalier::store
