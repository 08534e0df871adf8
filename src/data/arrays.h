// NumPy arrays by name: in one .npz, or each as an npy file in a folder.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "espalier/tensor.h"
#include "tensor/zip.h"

namespace espalier::data {

/// An array and how messages call it.
struct NamedArray {
    std::string where;
    Tensor array;
};

class Arrays {
  public:
    /// `place` is an archive, a folder with one, or a folder of npy files: NAME.npy, or, as it may be for the
    /// four of pictures, train-images.npy, train-labels.npy, test-images.npy and test-labels.npy. Throws
    /// IoError, BadData or Unsupported, as get() does.
    explicit Arrays(std::filesystem::path place);

    /// "x_train", "y_test", ...
    NamedArray get(const std::string& name) const;
    /// What follows "x_train" and a dot in the names that begin so, in order; {""} where there are none.
    std::vector<std::string> suffixes(const std::string& name) const;

    std::string where() const { return place_.string(); }

  private:
    std::filesystem::path only_archive() const;
    std::vector<std::string> files() const;
    NamedArray from_archive(const std::string& name) const;

    std::filesystem::path place_;
    std::vector<std::byte> archive_;
    std::optional<ZipReader> zip_;
};

}  // namespace espalier::data
