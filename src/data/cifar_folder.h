// The binary version of CIFAR-10 and CIFAR-100 (Krizhevsky 2009): files of records, each one or two labels
// and the 3072 bytes of a 3 x 32 x 32 picture: red, green and blue plane.
#pragma once

#include <filesystem>
#include <span>

#include "data/dataset_format.h"
#include "data/locate.h"

namespace espalier::data {

struct CifarDataset {
    Whereabouts whereabouts;
    std::span<const char* const> train_files;
    const char* test_file = nullptr;
    std::size_t label_bytes = 1;  // the last of them is the label that counts
    std::int64_t classes = 0;
    double mean[3] = {};  // of all training pixels, as shares of 255
    double deviation[3] = {};
};

/// Throws IoError (not there; says where to get it and where to put it) or BadData (a size that is not a
/// number of records, a label beyond the classes).
StoredDataset read_cifar_dataset(const CifarDataset& dataset, const std::filesystem::path& path);

}  // namespace espalier::data
