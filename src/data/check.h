// What every data set must hold, whatever files it comes from.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "data/dataset_format.h"

namespace espalier::data {

/// Throws BadData, naming `where`, unless every label is in 0..classes-1.
void check_labels(std::span<const std::int32_t> labels, std::int64_t classes, const std::string& where);
/// The same of targets that are classes, where kNoClass may stand too.
void check_labels(const Tensor& targets, std::int64_t classes, const std::string& where);

/// "of the labels 0 to 9, 3 and 7 have no training example; 3 has no test example": what a network cannot
/// learn, or nobody would see. "" if every label has examples in both, and for targets that are numbers.
std::string missing_labels(const Dataset& dataset);

/// Throws BadData, naming `where`, unless there are training and test examples, with inputs of the same
/// names, types and shapes.
void check_inputs(const StoredDataset& stored, const std::string& where);

}  // namespace espalier::data
