#include "onnx/proto/external_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>

#include "espalier/error.h"

namespace espalier::onnx {
namespace {

namespace fs = std::filesystem;

std::uint64_t to_number(const std::string& key, const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
        throw InvalidModel(
            fmt::format("{} of its data in another file is \"{}\", expected a number", key, text));
    }
    return value;
}

struct Location {
    std::string file;
    std::uint64_t offset = 0;
    std::optional<std::uint64_t> length;
};

Location location_of(const pb::TensorProto& proto) {
    Location location;
    for (const auto& entry : proto.external_data()) {
        if (entry.key() == "location") location.file = entry.value();
        if (entry.key() == "offset") location.offset = to_number("offset", entry.value());
        if (entry.key() == "length") location.length = to_number("length", entry.value());
    }
    if (location.file.empty()) throw InvalidModel("its data is in another file that is not named");
    return location;
}

/// The file with all links followed, if it is inside `folder`.
fs::path inside(const fs::path& folder, const std::string& name) {
    const fs::path relative(name);
    const bool climbs =
        std::any_of(relative.begin(), relative.end(), [](const fs::path& part) { return part == ".."; });
    const auto refuse = [&] {
        throw InvalidModel(fmt::format("its data is in \"{}\", outside the model's folder", name));
    };
    if (relative.is_absolute() || climbs || name.find('\0') != std::string::npos) refuse();
    std::error_code error;
    const fs::path home = fs::canonical(folder.empty() ? "." : folder, error);
    fs::path file = error ? fs::path() : fs::canonical(home / relative, error);
    if (error) throw InvalidModel(fmt::format("its data is in \"{}\": {}", name, error.message()));
    if (std::mismatch(home.begin(), home.end(), file.begin(), file.end()).first != home.end()) refuse();
    if (!fs::is_regular_file(file, error))
        throw InvalidModel(fmt::format("its data is in \"{}\", which is no file", name));
    return file;
}

// Small ones stay: a shape in another file helps nobody.
constexpr std::size_t kSmall = 1024;
// Of a page, so that who maps the file into memory finds each tensor on one of its own.
constexpr std::uint64_t kPage = 4096;

void add(pb::TensorProto& proto, const char* key, const std::string& value) {
    auto& entry = *proto.add_external_data();
    entry.set_key(key);
    entry.set_value(value);
}

}  // namespace

void move_data_out(pb::GraphProto& graph, const std::string& name) {
    std::uint64_t offset = 0;
    for (pb::TensorProto& proto : *graph.mutable_initializer()) {
        const std::uint64_t size = proto.raw_data().size();
        if (size < kSmall) continue;
        add(proto, "location", name);
        add(proto, "offset", std::to_string(offset));
        add(proto, "length", std::to_string(size));
        proto.set_data_location(pb::TensorProto::EXTERNAL);
        proto.clear_raw_data();
        offset += (size + kPage - 1) / kPage * kPage;
    }
}

std::uintmax_t write_data(const pb::GraphProto& graph, const Weights& tensors, NewFile& file) {
    std::uint64_t at = 0;
    for (const pb::TensorProto& proto : graph.initializer()) {
        if (proto.data_location() != pb::TensorProto::EXTERNAL) continue;
        const std::vector<std::byte> gap(location_of(proto).offset - at);
        file.write(gap);
        const auto bytes = tensors.at(proto.name()).bytes();
        file.write(bytes);
        at += gap.size() + bytes.size();
    }
    return at;
}

const FilePart* ExternalData::in_model(const pb::TensorProto& proto) const {
    const auto part = parts_.raw_data.find(&proto);
    return part == parts_.raw_data.end() ? nullptr : &part->second;
}

std::optional<AttributeLists> ExternalData::take_lists(const pb::AttributeProto& proto) {
    auto lists = parts_.lists.extract(&proto);
    if (lists.empty()) return std::nullopt;
    return std::move(lists.mapped());
}

ExternalData::Place ExternalData::find(const pb::TensorProto& proto, std::uint64_t size) const {
    const Location location = location_of(proto);
    if (folder_.empty())
        throw Unsupported("its data is in another file, but the model is not read from a folder");
    if (location.length && *location.length != size) {
        throw InvalidModel(
            fmt::format("it needs {} bytes, but has {} in \"{}\"", size, *location.length, location.file));
    }
    Place place{inside(folder_, location.file), location.offset};
    std::error_code error;
    const std::uint64_t there = fs::file_size(place.file, error);
    if (error) throw InvalidModel(fmt::format("its data is in \"{}\": {}", location.file, error.message()));
    if (place.offset > there || size > there - place.offset) {
        throw InvalidModel(fmt::format("it needs {} bytes from {} on of \"{}\", which has {}", size,
                                       place.offset, location.file, there));
    }
    const auto taken = taken_.find(place.file);
    if (taken != taken_.end() && size > there - taken->second) {
        throw InvalidModel(fmt::format("the tensors in \"{}\" together need more than the {} bytes it has",
                                       location.file, there));
    }
    return place;
}

std::vector<fs::path> ExternalData::files() const {
    std::vector<fs::path> files;
    for (const auto& [file, bytes] : taken_) files.push_back(file);
    return files;
}

void ExternalData::check(const pb::TensorProto& proto, std::uint64_t size) { find(proto, size); }

void ExternalData::read(const pb::TensorProto& proto, std::span<std::byte> to) {
    const Place place = find(proto, to.size());
    std::ifstream file(place.file, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(place.offset));
    file.read(reinterpret_cast<char*>(to.data()), static_cast<std::streamsize>(to.size()));
    if (!file) throw InvalidModel(fmt::format("its data in \"{}\" cannot be read", place.file.string()));
    taken_[place.file] += to.size();
}

}  // namespace espalier::onnx
