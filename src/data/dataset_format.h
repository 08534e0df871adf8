// What a data set is to the table of data sets: a name and a way to read its files. One file in datasets/
// each.
#pragma once

#include <optional>

#include "base/table.h"
#include "espalier/data.h"

namespace espalier::data {

/// A data set as its files hold it: the validation split is not yet taken out of `train`.
struct StoredDataset {
    Examples train;
    Examples test;
    std::optional<Normalization> normalization;  // constants that are known; none: computed
    std::int64_t classes = 0;
};

struct DatasetFormat {
    std::string_view name;
    std::string_view summary;
    /// Source::path is empty where the data set is to be found in its usual place. Throws IoError or BadData.
    StoredDataset (*read)(const Source& source) = nullptr;
    bool has_padding = false;  // reads Source::ignore
};

/// Every data set Espalier can read: the files of data/datasets.
const Table<DatasetFormat>& datasets();

}  // namespace espalier::data
