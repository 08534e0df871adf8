// NumPy arrays: x_train, y_train, x_test and y_test in one .npz, or the same as four npy files in a folder.
// Images are u8 [n, h, w] or [n, c, h, w]; other numbers f32, f64, i32 or i64 [n, ...]; labels any integer
// type, [n] or [n, 1], counted from 0.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "base/files.h"
#include "data/check.h"
#include "data/locate.h"
#include "espalier/error.h"
#include "tensor/npy.h"
#include "tensor/zip.h"

namespace espalier::data::datasets_::npz_ {
namespace {

namespace fs = std::filesystem;

constexpr Whereabouts kNpz{
    .name = "npz",
    .where_to_get = "save your own arrays (numpy.savez)",
    .files =
        "one .npz with x_train, y_train, x_test and y_test, or train-images.npy, train-labels.npy, "
        "test-images.npy and test-labels.npy",
};
constexpr std::int64_t kMostClasses = 1'000'000;

/// An array and how messages call it.
struct Named {
    std::string where;
    Tensor array;
};

template <class T>
bool copy_labels(const Named& from, std::vector<std::int32_t>& labels) {
    if (from.array.dtype() != dtype_of<T>) return false;
    for (const T value : from.array.as<T>()) {
        // The comparison is by value whatever the type's sign.
        if (std::cmp_less(value, 0) || std::cmp_greater_equal(value, kMostClasses)) {
            throw BadData(fmt::format("{}: label {} of example {}, expected 0 to {}", from.where, value,
                                      labels.size(), kMostClasses - 1));
        }
        labels.push_back(static_cast<std::int32_t>(value));
    }
    return true;
}

std::vector<std::int32_t> labels_of(const Named& from) {
    const Shape& shape = from.array.shape();
    if (shape.size() != 1 && !(shape.size() == 2 && shape[1] == 1)) {
        throw BadData(fmt::format("{}: labels are {}, expected one number an example, [n] or [n, 1]",
                                  from.where, to_string(shape)));
    }
    std::vector<std::int32_t> labels;
    const bool integers =
        copy_labels<std::uint8_t>(from, labels) || copy_labels<std::int8_t>(from, labels) ||
        copy_labels<std::uint16_t>(from, labels) || copy_labels<std::int16_t>(from, labels) ||
        copy_labels<std::uint32_t>(from, labels) || copy_labels<std::int32_t>(from, labels) ||
        copy_labels<std::uint64_t>(from, labels) || copy_labels<std::int64_t>(from, labels);
    if (!integers) {
        throw BadData(
            fmt::format("{}: labels are {}, expected integers", from.where, name_of(from.array.dtype())));
    }
    return labels;
}

template <class To, class From>
Tensor cast(const Tensor& from) {
    Tensor to(dtype_of<To>, from.shape());
    std::ranges::transform(from.as<From>(), to.as<To>().begin(),
                           [](From value) { return static_cast<To>(value); });
    return to;
}

/// Features or tokens, in the type that networks read.
Tensor numbers_of(Named from) {
    const DType dtype = from.array.dtype();
    if (from.array.rank() < 2) {
        throw BadData(
            fmt::format("{}: examples are {}, expected [n, ...]", from.where, to_string(from.array.shape())));
    }
    if (dtype == DType::f32 || dtype == DType::i64) return std::move(from.array);
    if (dtype == DType::f64) return cast<float, double>(from.array);
    if (dtype == DType::i32) return cast<std::int64_t, std::int32_t>(from.array);
    throw BadData(fmt::format("{}: examples are {}, expected u8 (images), f32, f64, i32 or i64", from.where,
                              name_of(dtype)));
}

Tensor images_of(Named from) {
    const Shape shape = from.array.shape();
    if (from.array.dtype() != DType::u8) return numbers_of(std::move(from));
    if (shape.size() == 3) return std::move(from.array).reshaped({shape[0], 1, shape[1], shape[2]});
    if (shape.size() != 4) {
        throw BadData(fmt::format("{}: images are {}, expected [n, h, w] or [n, c, h, w]", from.where,
                                  to_string(shape)));
    }
    if (shape[1] > 4 && shape[3] <= 4) {
        throw BadData(
            fmt::format("{}: images are {}, which looks like [n, h, w, c], expected [n, c, h, w]: "
                        "numpy.transpose(x, (0, 3, 1, 2))",
                        from.where, to_string(shape)));
    }
    return std::move(from.array);
}

Examples examples_of(Named images, const Named& labels) {
    const std::string where = images.where;
    Examples examples{images_of(std::move(images)), labels_of(labels)};
    if (examples.images.shape()[0] != examples.count()) {
        throw BadData(fmt::format("{} holds {} images, but {} holds {} labels", where,
                                  examples.images.shape()[0], labels.where, examples.count()));
    }
    return examples;
}

/// Finds an array by its name in an archive ("x_train") or in a folder ("train-images").
class Arrays {
  public:
    explicit Arrays(fs::path place) : place_(std::move(place)) {
        std::error_code ignored;
        if (fs::is_directory(place_, ignored)) {
            if (is_there(place_ / "train-images.npy")) return;
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

    Named get(const std::string& in_archive, const std::string& in_folder) const {
        if (zip_) return from_archive(in_archive);
        const fs::path file = place_ / (in_folder + ".npy");
        if (!is_there(file)) {
            fail_missing(kNpz, fmt::format("{} has no file {}.npy", place_.string(), in_folder));
        }
        return {file.string(), read_npy(file)};
    }

    std::string where() const { return place_.string(); }

  private:
    fs::path only_archive() const {
        std::vector<fs::path> found;
        std::error_code error;
        for (fs::directory_iterator at(place_, error), end; !error && at != end; at.increment(error)) {
            if (at->path().extension() == ".npz") found.push_back(at->path());
        }
        if (found.size() != 1) {
            fail_missing(kNpz, fmt::format("{} has no train-images.npy and {} .npz files, expected one",
                                           place_.string(), found.size()));
        }
        return found.front();
    }

    Named from_archive(const std::string& name) const {
        const std::string where = fmt::format("{}: {}", place_.string(), name);
        try {
            return {where, parse_npy(zip_->read(name + ".npy"))};
        } catch (const Unsupported& error) {
            throw Unsupported(fmt::format("{}: {}", where, error.what()));
        } catch (const Error& error) {
            throw BadData(fmt::format("{}: {}", where, error.what()));
        }
    }

    fs::path place_;
    std::vector<std::byte> archive_;
    std::optional<ZipReader> zip_;
};

/// One more than the largest label; training examples must have the smallest, 0.
std::int64_t count_classes(std::span<const std::int32_t> labels, const std::string& where) {
    const auto [least, most] = std::minmax_element(labels.begin(), labels.end());
    if (*least != 0) {
        throw BadData(fmt::format("{}: training labels are {} to {}, expected them to count from 0", where,
                                  *least, *most));
    }
    return std::int64_t{*most} + 1;
}

StoredDataset read(const fs::path& path) {
    const Arrays arrays(find_dataset(kNpz, path));
    StoredDataset stored;
    stored.train = examples_of(arrays.get("x_train", "train-images"), arrays.get("y_train", "train-labels"));
    const Named test_labels = arrays.get("y_test", "test-labels");
    stored.test = examples_of(arrays.get("x_test", "test-images"), test_labels);
    if (stored.train.images.dtype() != stored.test.images.dtype()) {
        throw BadData(fmt::format("{}: x_train is {}, but x_test is {}", arrays.where(),
                                  name_of(stored.train.images.dtype()), name_of(stored.test.images.dtype())));
    }
    check_images(stored, arrays.where());
    stored.classes = count_classes(stored.train.labels, arrays.where());
    check_labels(stored.test.labels, stored.classes, test_labels.where);
    return stored;
}

}  // namespace

extern const DatasetFormat npz{
    .name = kNpz.name,
    .summary = "your NumPy arrays: x_train, y_train, x_test, y_test in one .npz, or npy files",
    .read = read};

}  // namespace espalier::data::datasets_::npz_
