// Where the times of kernels are kept that compiling has measured.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "espalier/runtime.h"

namespace espalier::experiment {

/// "none", "quick" or "full". Throws InvalidArgument.
runtime::Options::Tuning tuning_named(const std::string& name);

/// "f32", "bf16", "f16".
std::vector<std::string> precision_names();
/// By one of these. Throws InvalidArgument.
runtime::Precision precision_named(const std::string& name);

/// The file to read: `asked`, or if that is empty the one beside the model; "" if there is none.
std::string tuning_to_read(const std::string& asked, const std::filesystem::path& model);

/// The file to keep times in: `asked`, or if that is empty the one beside the model,
/// "models/.espalier/resnet.onnx.tuning.json", whose folder is made. Throws IoError.
std::string tuning_to_keep(const std::string& asked, const std::filesystem::path& model);

}  // namespace espalier::experiment
