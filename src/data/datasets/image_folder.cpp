// Pictures in folders: train/CLASS/*.png and test/CLASS/*.png (or JPEG). Classes count from 0 in the order of
// their names; pictures keep the order of theirs, so that the order on disk does not matter.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/files.h"
#include "data/check.h"
#include "data/files/image.h"
#include "data/locate.h"
#include "espalier/error.h"

namespace espalier::data::datasets_::image_folder_ {
namespace {

namespace fs = std::filesystem;

constexpr Whereabouts kImageFolder{
    .name = "image-folder",
    .where_to_get = "sort your own pictures by class",
    .files = "train/CLASS/*.png and test/CLASS/*.png (or .jpg, .jpeg)",
};

struct Picture {
    fs::path path;
    std::int32_t label = 0;
};

/// What a folder holds but hidden files, by name.
std::vector<fs::path> entries_of(const fs::path& folder) {
    std::error_code error;
    std::vector<fs::path> entries;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        if (!at->path().filename().string().starts_with('.')) entries.push_back(at->path());
    }
    if (error) throw IoError(fmt::format("cannot read the folder {}: {}", folder.string(), error.message()));
    std::sort(entries.begin(), entries.end());
    return entries;
}

std::vector<std::string> class_names(const fs::path& part) {
    std::vector<std::string> names;
    for (const fs::path& entry : entries_of(part)) {
        std::error_code ignored;
        if (!fs::is_directory(entry, ignored)) {
            throw BadData(fmt::format("{}: expected one folder a class, this is a file", entry.string()));
        }
        names.push_back(entry.filename().string());
    }
    if (names.empty()) throw BadData(fmt::format("{}: empty, expected one folder a class", part.string()));
    return names;
}

void check_extension(const fs::path& path) {
    std::string extension = path.extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    for (const char* known : {".png", ".jpg", ".jpeg"}) {
        if (extension == known) return;
    }
    throw BadData(fmt::format("{}: expected only .png, .jpg and .jpeg files here", path.string()));
}

std::vector<Picture> list_pictures(const fs::path& part, const std::vector<std::string>& classes) {
    std::vector<Picture> pictures;
    for (const std::string& name : class_names(part)) {
        const auto known = std::lower_bound(classes.begin(), classes.end(), name);
        if (known == classes.end() || *known != name) {
            throw BadData(fmt::format("{}: class \"{}\" is not among the {} of train", (part / name).string(),
                                      name, classes.size()));
        }
        const auto paths = entries_of(part / name);
        if (paths.empty()) {
            throw BadData(fmt::format("{}: empty, expected pictures of the class", (part / name).string()));
        }
        for (const fs::path& path : paths) {
            check_extension(path);
            pictures.push_back({path, static_cast<std::int32_t>(known - classes.begin())});
        }
    }
    return pictures;
}

Image read_image(const fs::path& path) {
    const std::vector<std::byte> file = read_file(path);
    try {
        return decode_image(file);
    } catch (const Unsupported& error) {
        throw Unsupported(fmt::format("{}: {}", path.string(), error.what()));
    } catch (const Error& error) {
        throw BadData(fmt::format("{}: {}", path.string(), error.what()));
    }
}

Shape shape_of(const Image& image) { return {image.channels, image.height, image.width}; }

/// [h, w, c] -> [c, h, w]
void store_planes(const Image& image, std::span<std::uint8_t> out) {
    const auto channels = static_cast<std::size_t>(image.channels);
    const std::size_t plane = out.size() / channels;
    for (std::size_t channel = 0; channel < channels; ++channel) {
        for (std::size_t i = 0; i < plane; ++i)
            out[channel * plane + i] = image.pixels[i * channels + channel];
    }
}

/// Memory for all is taken once the first is read; every other must have its size.
Examples read_pictures(const std::vector<Picture>& pictures, const Picture& model) {
    const Shape wanted = shape_of(read_image(model.path));
    Shape shape = {static_cast<std::int64_t>(pictures.size())};
    shape.insert(shape.end(), wanted.begin(), wanted.end());
    Tensor pixels(DType::u8, shape);
    std::vector<std::int32_t> labels;
    const auto size = static_cast<std::size_t>(element_count(wanted));
    for (std::size_t i = 0; i < pictures.size(); ++i) {
        const Image image = read_image(pictures[i].path);
        if (shape_of(image) != wanted) {
            throw BadData(fmt::format("{}: {} (channels, height, width), expected {} as in {}",
                                      pictures[i].path.string(), to_string(shape_of(image)),
                                      to_string(wanted), model.path.string()));
        }
        store_planes(image, pixels.as<std::uint8_t>().subspan(i * size, size));
        labels.push_back(pictures[i].label);
    }
    return {std::move(pixels), labels};
}

StoredDataset read(const Source& source) {
    const fs::path folder = find_dataset(kImageFolder, source.path);
    for (const char* part : {"train", "test"}) {
        if (!is_there(folder / part)) {
            fail_missing(kImageFolder, fmt::format("{} has no folder {}", folder.string(), part));
        }
    }
    const auto classes = class_names(folder / "train");
    const auto train = list_pictures(folder / "train", classes);
    const auto test = list_pictures(folder / "test", classes);
    StoredDataset stored;
    stored.train = read_pictures(train, train.front());
    stored.test = read_pictures(test, train.front());
    stored.classes = static_cast<std::int64_t>(classes.size());
    check_inputs(stored, folder.string());
    return stored;
}

}  // namespace

extern const DatasetFormat image_folder{
    .name = kImageFolder.name,
    .summary = "your PNG or JPEG pictures: train/CLASS/*.png, test/CLASS/*.png",
    .read = read};

}  // namespace espalier::data::datasets_::image_folder_
