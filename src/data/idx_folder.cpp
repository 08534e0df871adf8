#include "data/idx_folder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>

#include "data/idx.h"
#include "espalier/error.h"

namespace espalier::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDebianFolder = "/usr/share/datasets";
constexpr const char* kFiles[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                  "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

bool is_there(const fs::path& path) {
    std::error_code ignored;
    return fs::exists(path, ignored);
}

std::vector<fs::path> usual_folders(std::string_view name) {
    std::vector<fs::path> folders;
    const char* root = std::getenv("ESPALIER_DATA");
    if (root != nullptr && *root != '\0') folders.push_back(fs::path(root) / name);
    folders.push_back(fs::path(kDebianFolder) / name);
    return folders;
}

[[noreturn]] void fail_missing(const IdxDataset& dataset, const std::string& what) {
    throw IoError(
        fmt::format("data set \"{}\": {}; {}, and put {} (or the same with .gz) into $ESPALIER_DATA/{}, "
                    "or give their folder as data.path",
                    dataset.name, what, dataset.where_to_get, fmt::join(kFiles, ", "), dataset.name));
}

fs::path find_folder(const IdxDataset& dataset, const fs::path& given) {
    const auto candidates = given.empty() ? usual_folders(dataset.name) : std::vector{given};
    const auto found = std::find_if(candidates.begin(), candidates.end(), is_there);
    if (found != candidates.end()) return *found;
    std::vector<std::string> tried;
    for (const fs::path& candidate : candidates) tried.push_back(candidate.string());
    fail_missing(dataset, fmt::format("there is no folder {}", fmt::join(tried, " or ")));
}

fs::path find_file(const IdxDataset& dataset, const fs::path& folder, const std::string& name) {
    for (const auto& candidate : {folder / name, folder / (name + ".gz")}) {
        if (is_there(candidate)) return candidate;
    }
    fail_missing(dataset, fmt::format("{} has no file {}", folder.string(), name));
}

std::vector<std::int32_t> read_labels(const fs::path& path, std::int64_t classes) {
    const Tensor stored = read_idx(path, 1);
    const auto bytes = stored.as<std::uint8_t>();
    const auto bad =
        std::find_if(bytes.begin(), bytes.end(), [&](std::uint8_t label) { return label >= classes; });
    if (bad != bytes.end()) {
        throw BadData(fmt::format("{}: label {} of example {}, expected 0 to {}", path.string(), *bad,
                                  bad - bytes.begin(), classes - 1));
    }
    return {bytes.begin(), bytes.end()};
}

Examples read_examples(const fs::path& images, const fs::path& labels, std::int64_t classes) {
    Tensor pixels = read_idx(images, 3);
    const Shape shape = pixels.shape();
    Examples examples;
    examples.labels = read_labels(labels, classes);
    if (shape[0] != examples.count()) {
        throw BadData(fmt::format("{} holds {} images, but {} holds {} labels", images.string(), shape[0],
                                  labels.string(), examples.count()));
    }
    examples.images = std::move(pixels).reshaped({shape[0], 1, shape[1], shape[2]});
    return examples;
}

}  // namespace

StoredDataset read_idx_dataset(const IdxDataset& dataset, const fs::path& path) {
    const fs::path folder = find_folder(dataset, path);
    const auto file = [&](int index) { return find_file(dataset, folder, kFiles[index]); };
    StoredDataset stored;
    stored.train = read_examples(file(0), file(1), dataset.classes);
    stored.test = read_examples(file(2), file(3), dataset.classes);
    const Shape& train = stored.train.images.shape();
    const Shape& test = stored.test.images.shape();
    if (!std::equal(train.begin() + 1, train.end(), test.begin() + 1)) {
        throw BadData(fmt::format("{}: training images are {}, but test images are {}", folder.string(),
                                  to_string(train), to_string(test)));
    }
    stored.normalization = {{static_cast<float>(dataset.mean)}, {static_cast<float>(dataset.deviation)}};
    stored.classes = dataset.classes;
    return stored;
}

}  // namespace espalier::data
