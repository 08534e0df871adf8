// Where a data set lies, and what to say when it does not.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace espalier::data {

struct Whereabouts {
    std::string_view name;
    std::string_view where_to_get;  // completes: data set "mnist": ...; <where_to_get>, and put <files> into
    std::string_view files;         // what the folder is to hold
    std::string_view subfolder = {};  // that the data set's archive unpacks to; empty: none
};

/// `given` (Source::path); when that is empty, $ESPALIER_DATA/<name>, $ESPALIER_DATA/<subfolder> or
/// /usr/share/datasets/<name>, whichever is there first. Where <subfolder> is inside, that. Throws IoError.
std::filesystem::path find_dataset(const Whereabouts& whereabouts, const std::filesystem::path& given);

/// Throws IoError: `what` is missing, where to get it and where to put it.
[[noreturn]] void fail_missing(const Whereabouts& whereabouts, const std::string& what);

/// A file or folder by that path; false where the system refuses to say.
bool is_there(const std::filesystem::path& path);

}  // namespace espalier::data
