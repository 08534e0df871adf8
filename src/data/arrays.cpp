#include "data/arrays.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/files.h"
#include "data/locate.h"
#include "espalier/error.h"
#include "tensor/npy.h"

namespace espalier::data {
namespace {

namespace fs = std::filesystem;

constexpr Whereabouts kArrays{
    .name = "npz",
    .where_to_get = "save your own arrays (numpy.savez)",
    .files =
        "one .npz with x_train, y_train, x_test and y_test, or train-images.npy, train-labels.npy, "
        "test-images.npy and test-labels.npy",
};

constexpr std::string_view kNpy = ".npy";

/// The file of an array in a folder of pictures.
std::string picture_file(const std::string& name) {
    static const std::map<std::string, std::string> files{{"x_train", "train-images"},
                                                          {"y_train", "train-labels"},
                                                          {"x_test", "test-images"},
                                                          {"y_test", "test-labels"}};
    const auto found = files.find(name);
    return found == files.end() ? name : found->second;
}

}  // namespace

Arrays::Arrays(fs::path place) : place_(find_dataset(kArrays, place)) {
    std::error_code ignored;
    if (fs::is_directory(place_, ignored)) {
        if (is_there(place_ / "train-images.npy") || is_there(place_ / "y_train.npy")) return;
        place_ = only_archive();
    }
    archive_ = read_file(place_);
    try {
        zip_.emplace(archive_);
    } catch (const Unsupported& error) {
        throw Unsupported(fmt::format("{}: {}", place_.string(), error.what()));
    } catch (const BadData& error) {
        throw BadData(fmt::format("{}: {}", place_.string(), error.what()));
    }
}

NamedArray Arrays::get(const std::string& name) const {
    if (zip_) return from_archive(name);
    const bool as_pictures = is_there(place_ / "train-images.npy");
    const fs::path file = place_ / ((as_pictures ? picture_file(name) : name) + std::string(kNpy));
    if (!is_there(file))
        fail_missing(kArrays, fmt::format("{} has no file {}", place_.string(), file.filename().string()));
    return {file.string(), read_npy(file)};
}

std::vector<std::string> Arrays::suffixes(const std::string& name) const {
    std::vector<std::string> found;
    const std::string prefix = name + ".";
    bool is_plain = false;
    for (const std::string& file : zip_ ? zip_->names() : files()) {
        if (!file.starts_with(prefix) || !file.ends_with(kNpy)) continue;
        is_plain |= file.size() == prefix.size() + kNpy.size() - 1;
        if (file.size() > prefix.size() + kNpy.size())
            found.push_back(file.substr(prefix.size(), file.size() - prefix.size() - kNpy.size()));
    }
    std::ranges::sort(found);
    if (!found.empty() && is_plain)
        throw BadData(fmt::format("{}: both {} and {}.{}; expected one array for each input, by its name",
                                  place_.string(), name, name, found.front()));
    if (found.empty()) found.emplace_back();
    return found;
}

std::vector<std::string> Arrays::files() const {
    std::vector<std::string> found;
    std::error_code error;
    for (fs::directory_iterator at(place_, error), end; !error && at != end; at.increment(error))
        found.push_back(at->path().filename().string());
    return found;
}

fs::path Arrays::only_archive() const {
    std::vector<std::string> found = files();
    std::erase_if(found, [](const std::string& file) { return fs::path(file).extension() != ".npz"; });
    if (found.size() != 1) {
        fail_missing(kArrays, fmt::format("{} has no train-images.npy and {} .npz files, expected one",
                                          place_.string(), found.size()));
    }
    return place_ / found.front();
}

NamedArray Arrays::from_archive(const std::string& name) const {
    const std::string where = fmt::format("{}: {}", place_.string(), name);
    try {
        return {where, parse_npy(zip_->read(name + std::string(kNpy)))};
    } catch (const Unsupported& error) {
        throw Unsupported(fmt::format("{}: {}", where, error.what()));
    } catch (const Error& error) {
        throw BadData(fmt::format("{}: {}", where, error.what()));
    }
}

}  // namespace espalier::data
