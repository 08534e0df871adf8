// What every data set must hold, whatever files it comes from.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "data/dataset_format.h"

namespace espalier::data {

/// Throws BadData, naming `where`, unless every label is in 0..classes-1.
void check_labels(std::span<const std::int32_t> labels, std::int64_t classes, const std::string& where);

/// Throws BadData, naming `where`, unless there are training and test images, all of one shape.
void check_images(const StoredDataset& stored, const std::string& where);

}  // namespace espalier::data
