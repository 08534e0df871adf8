#include "data/idx_folder.h"

#include <fmt/format.h>

#include "data/check.h"
#include "data/files/idx.h"
#include "data/locate.h"
#include "espalier/error.h"

namespace espalier::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFiles[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                  "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

Whereabouts whereabouts_of(const IdxDataset& dataset) {
    return {.name = dataset.name,
            .where_to_get = dataset.where_to_get,
            .files =
                "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, "
                "t10k-labels-idx1-ubyte (or the same with .gz)"};
}

fs::path find_file(const IdxDataset& dataset, const fs::path& folder, const std::string& name) {
    for (const auto& candidate : {folder / name, folder / (name + ".gz")}) {
        if (is_there(candidate)) return candidate;
    }
    fail_missing(whereabouts_of(dataset), fmt::format("{} has no file {}", folder.string(), name));
}

std::vector<std::int32_t> read_labels(const fs::path& path, std::int64_t classes) {
    const Tensor stored = read_idx(path, 1);
    const auto bytes = stored.as<std::uint8_t>();
    std::vector<std::int32_t> labels(bytes.begin(), bytes.end());
    check_labels(labels, classes, path.string());
    return labels;
}

Examples read_idx_examples(const fs::path& images, const fs::path& labels, std::int64_t classes) {
    Tensor pixels = read_idx(images, 3);
    const Shape shape = pixels.shape();
    const std::vector<std::int32_t> of_each = read_labels(labels, classes);
    if (shape[0] != static_cast<std::int64_t>(of_each.size())) {
        throw BadData(fmt::format("{} holds {} images, but {} holds {} labels", images.string(), shape[0],
                                  labels.string(), of_each.size()));
    }
    return {std::move(pixels).reshaped({shape[0], 1, shape[1], shape[2]}), of_each};
}

}  // namespace

StoredDataset read_idx_dataset(const IdxDataset& dataset, const fs::path& path) {
    const fs::path folder = find_dataset(whereabouts_of(dataset), path);
    const auto file = [&](int index) { return find_file(dataset, folder, kFiles[index]); };
    StoredDataset stored;
    stored.train = read_idx_examples(file(0), file(1), dataset.classes);
    stored.test = read_idx_examples(file(2), file(3), dataset.classes);
    check_inputs(stored, folder.string());
    stored.normalization =
        Normalization{{static_cast<float>(dataset.mean)}, {static_cast<float>(dataset.deviation)}};
    stored.classes = dataset.classes;
    return stored;
}

}  // namespace espalier::data
