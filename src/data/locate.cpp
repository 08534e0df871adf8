#include "data/locate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "espalier/error.h"

namespace espalier::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDebianFolder = "/usr/share/datasets";

std::vector<fs::path> usual_places(const Whereabouts& whereabouts) {
    std::vector<fs::path> places;
    const char* root = std::getenv("ESPALIER_DATA");
    if (root != nullptr && *root != '\0') {
        places.push_back(fs::path(root) / whereabouts.name);
        if (!whereabouts.subfolder.empty()) places.push_back(fs::path(root) / whereabouts.subfolder);
    }
    places.push_back(fs::path(kDebianFolder) / whereabouts.name);
    return places;
}

}  // namespace

bool is_there(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

void fail_missing(const Whereabouts& whereabouts, const std::string& what) {
    throw IoError(fmt::format(
        "data set \"{}\": {}; {}, and put {} into $ESPALIER_DATA/{}, or say where they are with data.path",
        whereabouts.name, what, whereabouts.where_to_get, whereabouts.files, whereabouts.name));
}

fs::path find_dataset(const Whereabouts& whereabouts, const fs::path& given) {
    const auto candidates = given.empty() ? usual_places(whereabouts) : std::vector{given};
    const auto found = std::find_if(candidates.begin(), candidates.end(), is_there);
    if (found == candidates.end()) {
        std::vector<std::string> tried;
        for (const fs::path& candidate : candidates) tried.push_back(candidate.string());
        fail_missing(whereabouts, fmt::format("there is no {}", fmt::join(tried, " or ")));
    }
    if (!whereabouts.subfolder.empty() && is_there(*found / whereabouts.subfolder)) {
        return *found / whereabouts.subfolder;
    }
    return *found;
}

}  // namespace espalier::data
