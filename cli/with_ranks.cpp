#include "cli/with_ranks.h"

#include <CLI/CLI.hpp>

#include <csignal>

#include "cli/verb.h"
#include "store/first_word.h"

namespace espalier::cli {

void with_ranks(const std::filesystem::path& folder, const std::function<void(train::Ranks&)>& body) {
    std::signal(SIGPIPE, SIG_IGN);  // Gloo writes to ranks that may have gone
    const store::Shard place = store::launched_or_alone();
    if (place.is_first() && place.count > 1) store::nobody_told(folder);
    const auto ranks = train::meet({.place = place, .folder = folder, .stop = &interrupted()});
    try {
        body(*ranks);
    } catch (const std::exception&) {
        if (place.count > 1 && !store::is_first_to_tell(folder)) throw CLI::RuntimeError(1);
        throw;
    }
}

}  // namespace espalier::cli
