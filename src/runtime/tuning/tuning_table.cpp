#include "runtime/tuning/tuning_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/processor.h"
#include "espalier/error.h"
#include "kernels/instruction_set.h"
#include "runtime/dense/image_layout.h"

namespace espalier::runtime {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "espalier tuning 1";
constexpr Layout kImageLayouts[] = {Layout::row_major, Layout::blocked, Layout::channels_last};

/// Times of another processor or version say nothing.
std::string machine_key() {
    return fmt::format("{} {} {}", ESPALIER_VERSION, processor_name(), kernels::instruction_sets().front());
}

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& what) {
    throw BadData(fmt::format("{}: {}, expected a file that --tuned wrote", path.string(), what));
}

Json read_file(const std::filesystem::path& path) {
    Json file = Json::parse(read_text(path), nullptr, false);
    const bool is_tuning = file.is_object() && file.contains("format") && file["format"] == kFormat &&
                           file.contains("machines") && file["machines"].is_object();
    if (!is_tuning) refuse(path, "not a tuning file");
    return file;
}

TrialTimes times_of(const Json& layer, const std::filesystem::path& path) {
    TrialTimes times;
    if (!layer.is_object()) refuse(path, "a layer is not an object");
    if (!layer.contains("full") || !layer["full"].is_boolean() || !layer.contains("us") ||
        !layer["us"].is_object())
        refuse(path, "a layer has no full and us");
    times.full = layer["full"].get<bool>();
    for (const auto& [key, us] : layer["us"].items()) {
        if (!us.is_number() || !(us.get<double>() > 0) || !std::isfinite(us.get<double>()))
            refuse(path, fmt::format("the time of \"{}\" is not a positive number", key));
        times.us[key] = us.get<double>();
    }
    if (times.full && times.us.empty()) refuse(path, "a layer is said to be timed and has no times");
    const Json ruled_out = layer.value("ruled_out", Json::array());
    if (!ruled_out.is_array()) refuse(path, "ruled_out is not an array");
    for (const Json& key : ruled_out) {
        if (!key.is_string()) refuse(path, "ruled_out has what is not a text");
        times.ruled_out.insert(key.get<std::string>());
    }
    return times;
}

ProgramChoice program_of(const Json& program, const std::filesystem::path& path) {
    const bool whole = program.is_object() && program.contains("threads") && program.contains("sparse") &&
                       program.contains("images") && program["threads"].is_number_integer() &&
                       program["sparse"].is_boolean() && program["images"].is_string();
    if (!whole || program["threads"].get<std::int64_t>() < 1)
        refuse(path, "a program has no threads, sparse and images");
    ProgramChoice choice;
    choice.threads =
        static_cast<int>(std::min<std::int64_t>(program["threads"].get<std::int64_t>(), 1 << 20));
    choice.choice = program["sparse"].get<bool>() ? Options::Choice::measured : Options::Choice::dense;
    const auto images = program["images"].get<std::string>();
    const auto* const layout = std::ranges::find(kImageLayouts, images, describe);
    if (layout == std::end(kImageLayouts)) refuse(path, fmt::format("images lie \"{}\"", images));
    choice.images = *layout;
    return choice;
}

}  // namespace

const TrialTimes* TuningTable::layer(const std::string& signature) const {
    const auto found = layers_.find(signature);
    return found == layers_.end() ? nullptr : &found->second;
}

std::optional<ProgramChoice> TuningTable::program(const std::string& signature) const {
    const auto found = programs_.find(signature);
    return found == programs_.end() ? std::nullopt : std::optional(found->second);
}

void TuningTable::read(const std::filesystem::path& path) {
    const Json file = read_file(path);
    const auto machine = file["machines"].find(machine_key());
    if (machine == file["machines"].end()) return;
    const bool whole = machine->is_object() && machine->contains("layers") && machine->contains("programs");
    if (!whole) refuse(path, "a machine has no layers and programs");
    for (const auto& [signature, layer] : (*machine)["layers"].items())
        set_layer(signature, times_of(layer, path));
    for (const auto& [signature, program] : (*machine)["programs"].items())
        set_program(signature, program_of(program, path));
}

void TuningTable::write(const std::filesystem::path& path) const {
    Json file = {{"format", kFormat}, {"machines", Json::object()}};
    if (file_exists(path)) file = read_file(path);
    Json layers = Json::object();
    for (const auto& [signature, times] : layers_)
        layers[signature] = {{"full", times.full}, {"us", times.us}, {"ruled_out", times.ruled_out}};
    Json programs = Json::object();
    for (const auto& [signature, choice] : programs_) {
        programs[signature] = {{"threads", choice.threads},
                               {"sparse", choice.choice != Options::Choice::dense},
                               {"images", describe(choice.images)}};
    }
    file["machines"][machine_key()] = {{"layers", layers}, {"programs", programs}};
    write_text(path, file.dump(1) + '\n');
}

}  // namespace espalier::runtime
