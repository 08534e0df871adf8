#include "tensor/npz.h"

#include <fmt/format.h>

#include "base/files.h"
#include "espalier/error.h"
#include "tensor/npy.h"
#include "tensor/zip.h"

namespace espalier {
namespace {

constexpr std::string_view kEnding = ".npy";

/// Errors with `where` before them.
template <class Body>
auto at(const std::string& where, const Body& body) {
    try {
        return body();
    } catch (const Unsupported& error) {
        throw Unsupported(fmt::format("{}: {}", where, error.what()));
    } catch (const Error& error) {
        throw BadData(fmt::format("{}: {}", where, error.what()));
    }
}

}  // namespace

NamedTensors read_npz(const std::filesystem::path& path,
                      const std::function<void(std::string_view name)>& wanted) {
    const std::vector<std::byte> file = read_file(path);
    const std::string where = path.string();
    const ZipReader archive = at(where, [&] { return ZipReader(file); });
    const std::vector<std::string> entries = archive.names();
    for (const std::string& entry : entries) {
        if (!entry.ends_with(kEnding))
            throw BadData(fmt::format("{}: holds {}, expected arrays alone (NAME.npy)", where, entry));
        at(where, [&] { wanted(std::string_view(entry).substr(0, entry.size() - kEnding.size())); });
    }
    NamedTensors arrays;
    for (const std::string& entry : entries) {
        const std::vector<std::byte> bytes = at(where, [&] { return archive.read(entry); });
        arrays.emplace(entry.substr(0, entry.size() - kEnding.size()),
                       at(where, [&] { return at(entry, [&] { return parse_npy(bytes); }); }));
    }
    return arrays;
}

void write_npz(const std::filesystem::path& path, const NamedTensors& arrays) {
    const std::string where = path.string();
    std::vector<ZipEntry> entries;
    for (const auto& array : arrays) {
        const auto bytes = [&] { return npy_bytes(array.second); };
        entries.push_back(
            {array.first + std::string(kEnding), at(where, [&] { return at(array.first, bytes); })});
    }
    write_text(path, at(where, [&] { return zip_archive(entries); }));
}

}  // namespace espalier
