// Data sets of the MNIST family: a folder with four IDX files, plain or gzipped.
#pragma once

#include <filesystem>
#include <string_view>

#include "data/dataset_format.h"

namespace espalier::data {

struct IdxDataset {
    std::string_view name;
    std::string_view where_to_get;  // completes: "data set ... is not there: ..."
    std::int64_t classes = 0;
    double mean = 0;  // of all training pixels, as shares of 255
    double deviation = 1;
};

/// Reads the data set in `path`; when that is empty, in $ESPALIER_DATA/<name> or /usr/share/datasets/<name>,
/// whichever is there first. Throws IoError (not there; says where to get it and where to put it) or BadData.
StoredDataset read_idx_dataset(const IdxDataset& dataset, const std::filesystem::path& path);

}  // namespace espalier::data
