// ZIP through libzip, which takes every size of the file's own lists: what it would unpack is checked here
// before memory is taken.
#include "tensor/zip.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zip.h>

#include <algorithm>
#include <new>
#include <set>

#include "espalier/error.h"
#include "tensor/deflate.h"

namespace espalier {
namespace {

constexpr std::size_t kNamed = 8;  // entries that a message lists

struct CloseArchive {
    void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Archive = std::unique_ptr<zip_t, CloseArchive>;

struct CloseFile {
    void operator()(zip_file_t* file) const { zip_fclose(file); }
};

[[noreturn]] void fail(zip_error_t* error) {
    if (zip_error_code_zip(error) == ZIP_ER_MEMORY) throw std::bad_alloc();
    throw BadData(fmt::format("the ZIP archive is cut off or damaged: {}", zip_error_strerror(error)));
}

/// Takes `source`, also where it fails.
Archive open(zip_source_t* source, int flags, zip_error_t* error) {
    if (source == nullptr) fail(error);
    zip_t* archive = zip_open_from_source(source, flags, error);
    if (archive != nullptr) return Archive(archive);
    zip_source_free(source);
    fail(error);
}

bool starts_like_zip(std::span<const std::byte> archive) {
    const std::string_view start(reinterpret_cast<const char*>(archive.data()),
                                 std::min<std::size_t>(archive.size(), 4));
    return start == "PK\3\4" || start == "PK\5\6";
}

}  // namespace

struct ZipReader::State {
    zip_error_t error{};
    zip_t* archive = nullptr;

    State() { zip_error_init(&error); }
    ~State() {
        if (archive != nullptr) zip_discard(archive);
        zip_error_fini(&error);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
};

ZipReader::~ZipReader() = default;
ZipReader::ZipReader(ZipReader&& other) noexcept = default;
ZipReader& ZipReader::operator=(ZipReader&& other) noexcept = default;

ZipReader::ZipReader(std::span<const std::byte> archive) : state_(std::make_unique<State>()) {
    if (!starts_like_zip(archive)) throw BadData("not a ZIP archive");
    zip_source_t* source = zip_source_buffer_create(archive.data(), archive.size(), 0, &state_->error);
    state_->archive = open(source, ZIP_RDONLY, &state_->error).release();
    const zip_int64_t count = zip_get_num_entries(state_->archive, 0);
    for (zip_int64_t i = 0; i < count; ++i) {
        zip_stat_t stat;
        if (zip_stat_index(state_->archive, static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW, &stat) != 0)
            fail(zip_get_error(state_->archive));
        entries_.push_back({.name = stat.name,
                            .index = stat.index,
                            .packed_size = stat.comp_size,
                            .size = stat.size,
                            .method = stat.comp_method,
                            .is_encrypted = stat.encryption_method != ZIP_EM_NONE});
    }
    check_entries(archive.size());
}

/// Entries that point at the same bytes would let a small archive unpack to any size.
void ZipReader::check_entries(std::uint64_t archive_size) const {
    std::set<std::string_view> names;
    std::uint64_t left = archive_size;
    for (const Entry& entry : entries_) {
        if (!names.insert(entry.name).second)
            throw BadData(fmt::format("the ZIP archive has two entries named {}", entry.name));
        if (entry.packed_size > left) {
            throw BadData(fmt::format("the ZIP archive's {} entries say they take more than its {} bytes",
                                      entries_.size(), archive_size));
        }
        left -= entry.packed_size;
    }
}

std::vector<std::string> ZipReader::names() const {
    std::vector<std::string> names;
    for (const Entry& entry : entries_) names.push_back(entry.name);
    return names;
}

const ZipReader::Entry* ZipReader::find(std::string_view name) const {
    const auto found = std::ranges::find(entries_, name, &Entry::name);
    return found == entries_.end() ? nullptr : &*found;
}

std::vector<std::byte> ZipReader::unpack(const Entry& entry) const {
    if (entry.is_encrypted) throw Unsupported("encrypted");
    const bool stored = entry.method == ZIP_CM_STORE;
    if (!stored && entry.method != ZIP_CM_DEFLATE) {
        throw Unsupported(
            fmt::format("compression method {}, only stored (0) and deflated (8) are read", entry.method));
    }
    const std::uint64_t most = entry.packed_size * (stored ? 1 : kMaxDeflateRatio);
    if (entry.size > most || (stored && entry.size != most)) {
        throw BadData(fmt::format("the list of entries says {} bytes, but its {} {} ones hold {}{}",
                                  entry.size, entry.packed_size, stored ? "stored" : "packed",
                                  stored ? "" : "at most ", most));
    }
    const std::unique_ptr<zip_file_t, CloseFile> file(zip_fopen_index(state_->archive, entry.index, 0));
    if (file == nullptr) fail(zip_get_error(state_->archive));
    std::vector<std::byte> out(entry.size);
    const zip_int64_t got = zip_fread(file.get(), out.data(), out.size());
    std::byte more{};  // reading past the end is what has libzip compare the checksum
    const zip_int64_t rest = got < 0 ? got : zip_fread(file.get(), &more, 1);
    if (rest < 0) fail(zip_file_get_error(file.get()));
    if (static_cast<std::uint64_t>(got) != entry.size || rest != 0)
        throw BadData("its bytes are not of the size that the list says");
    return out;
}

std::vector<std::byte> ZipReader::read(std::string_view name) const {
    const Entry* entry = find(name);
    if (entry == nullptr) {
        std::vector<std::string> some = names();
        if (some.size() > kNamed) some.resize(kNamed, "...");
        throw BadData(
            fmt::format("no {} among its {} entries: {}", name, entries_.size(), fmt::join(some, ", ")));
    }
    try {
        return unpack(*entry);
    } catch (const Unsupported& error) {
        throw Unsupported(fmt::format("{}: {}", name, error.what()));
    } catch (const BadData& error) {
        throw BadData(fmt::format("{}: {}", name, error.what()));
    }
}

namespace {

struct FreeSource {
    void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using Source = std::unique_ptr<zip_source_t, FreeSource>;

std::string all_of(zip_source_t* source) {
    zip_stat_t stat;
    if (zip_source_stat(source, &stat) != 0 || zip_source_open(source) != 0) fail(zip_source_error(source));
    std::string bytes(stat.size, '\0');
    const zip_int64_t got = zip_source_read(source, bytes.data(), bytes.size());
    zip_source_close(source);
    if (got != static_cast<zip_int64_t>(bytes.size())) fail(zip_source_error(source));
    return bytes;
}

void add(zip_t* archive, const ZipEntry& entry) {
    if (entry.name.size() > 0xffff) throw InvalidArgument("a ZIP entry's name of more than 65,535 bytes");
    zip_source_t* content = zip_source_buffer(archive, entry.content.data(), entry.content.size(), 0);
    if (content == nullptr) fail(zip_get_error(archive));
    const zip_int64_t at = zip_file_add(archive, entry.name.c_str(), content, ZIP_FL_ENC_UTF_8);
    if (at < 0) {
        zip_source_free(content);
        throw InvalidArgument(fmt::format("ZIP entry {}: {}", entry.name, zip_strerror(archive)));
    }
    constexpr zip_uint16_t kFirstDay = 1 << 5 | 1;  // 1 January 1980: equal entries give equal bytes
    const auto index = static_cast<zip_uint64_t>(at);
    if (zip_set_file_compression(archive, index, ZIP_CM_STORE, 0) != 0 ||
        zip_file_set_dostime(archive, index, 0, kFirstDay, 0) != 0)
        fail(zip_get_error(archive));
}

}  // namespace

std::string zip_archive(const std::vector<ZipEntry>& entries) {
    using namespace std::string_literals;
    if (entries.empty()) return "PK\5\6"s + std::string(18, '\0');  // libzip would write no file at all
    struct Error : zip_error_t {
        Error() : zip_error_t{} { zip_error_init(this); }
        ~Error() { zip_error_fini(this); }
        Error(const Error&) = delete;
        Error& operator=(const Error&) = delete;
    } error;
    const Source bytes(zip_source_buffer_create(nullptr, 0, 0, &error));
    if (bytes == nullptr) fail(&error);
    zip_source_keep(bytes.get());  // the archive's own reference
    Archive archive = open(bytes.get(), ZIP_CREATE | ZIP_TRUNCATE, &error);
    for (const ZipEntry& entry : entries) add(archive.get(), entry);
    if (zip_close(archive.get()) != 0) fail(zip_get_error(archive.get()));
    static_cast<void>(archive.release());  // closed
    return all_of(bytes.get());
}

}  // namespace espalier
