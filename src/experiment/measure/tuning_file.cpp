#include "experiment/measure/tuning_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/files.h"
#include "espalier/error.h"

namespace espalier::experiment {
namespace {

std::filesystem::path beside(const std::filesystem::path& model) {
    return model.parent_path() / ".espalier" / (model.filename().string() + ".tuning.json");
}

}  // namespace

runtime::Options::Tuning tuning_named(const std::string& name) {
    using enum runtime::Options::Tuning;
    if (name == "none") return none;
    if (name == "quick") return quick;
    if (name == "full") return full;
    throw InvalidArgument(fmt::format("tuning \"{}\": expected none, quick or full", name));
}

std::vector<std::string> precision_names() { return {"f32", "bf16", "f16"}; }

runtime::Precision precision_named(const std::string& name) {
    if (name == "f32") return runtime::Precision::f32;
    if (name == "bf16") return runtime::Precision::bf16;
    if (name == "f16") return runtime::Precision::f16;
    throw InvalidArgument(
        fmt::format("precision \"{}\": expected one of: {}", name, fmt::join(precision_names(), ", ")));
}

std::string tuning_to_read(const std::string& asked, const std::filesystem::path& model) {
    if (!asked.empty()) return asked;
    return file_exists(beside(model)) ? beside(model).string() : "";
}

std::string tuning_to_keep(const std::string& asked, const std::filesystem::path& model) {
    if (!asked.empty()) return asked;
    const std::filesystem::path file = beside(model);
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    if (error)
        throw IoError(fmt::format("{}: cannot be made: {}", file.parent_path().string(), error.message()));
    return file.string();
}

}  // namespace espalier::experiment
