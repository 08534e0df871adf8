#include "data/cifar_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/files.h"
#include "data/check.h"
#include "espalier/error.h"

namespace espalier::data {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSide = 32;
constexpr std::size_t kPixels = 3 * kSide * kSide;

std::vector<std::byte> read_records(const CifarDataset& dataset, const fs::path& path) {
    if (!is_there(path)) {
        fail_missing(dataset.whereabouts,
                     fmt::format("{} has no file {}", path.parent_path().string(), path.filename().string()));
    }
    std::vector<std::byte> file = read_file(path);
    const std::size_t record = dataset.label_bytes + kPixels;
    if (file.empty() || file.size() % record != 0) {
        throw BadData(
            fmt::format("{}: {} bytes, expected whole records of {}: the file is cut off or is not \"{}\"",
                        path.string(), file.size(), record, dataset.whereabouts.name));
    }
    return file;
}

/// The labels of one file, its pictures at the front of `pixels`.
std::vector<std::int32_t> unpack(const CifarDataset& dataset, std::span<const std::byte> records,
                                 std::span<std::byte> pixels) {
    const std::size_t record = dataset.label_bytes + kPixels;
    std::vector<std::int32_t> labels;
    for (; !records.empty(); records = records.subspan(record), pixels = pixels.subspan(kPixels)) {
        labels.push_back(std::to_integer<std::int32_t>(records[dataset.label_bytes - 1]));
        std::copy_n(records.begin() + static_cast<std::ptrdiff_t>(dataset.label_bytes), kPixels,
                    pixels.begin());
    }
    return labels;
}

Examples read_examples(const CifarDataset& dataset, const fs::path& folder,
                       std::span<const char* const> names) {
    std::vector<std::vector<std::byte>> files;
    std::size_t count = 0;
    for (const char* name : names) {
        files.push_back(read_records(dataset, folder / name));
        count += files.back().size() / (dataset.label_bytes + kPixels);
    }
    Tensor pixels(DType::u8, {static_cast<std::int64_t>(count), 3, kSide, kSide});
    std::vector<std::int32_t> all;
    for (std::size_t i = 0; i < files.size(); ++i) {
        const auto labels = unpack(dataset, files[i], pixels.bytes().subspan(all.size() * kPixels));
        check_labels(labels, dataset.classes, (folder / names[i]).string());
        all.insert(all.end(), labels.begin(), labels.end());
    }
    return {std::move(pixels), all};
}

}  // namespace

StoredDataset read_cifar_dataset(const CifarDataset& dataset, const fs::path& path) {
    const fs::path folder = find_dataset(dataset.whereabouts, path);
    StoredDataset stored;
    stored.train = read_examples(dataset, folder, dataset.train_files);
    stored.test = read_examples(dataset, folder, {&dataset.test_file, 1});
    Normalization& normalization = stored.normalization.emplace();
    for (std::size_t channel = 0; channel < 3; ++channel) {
        normalization.mean.push_back(static_cast<float>(dataset.mean[channel]));
        normalization.deviation.push_back(static_cast<float>(dataset.deviation[channel]));
    }
    stored.classes = dataset.classes;
    return stored;
}

}  // namespace espalier::data
