#include "base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>

#include "base/fault.h"
#include "espalier/error.h"

namespace espalier {
namespace {

[[noreturn]] void fail(const char* action, const std::filesystem::path& path, int error) {
    throw IoError(fmt::format("{}: {}: {}", path.string(), action, std::strerror(error)));
}

/// A file descriptor that closes itself.
class Descriptor {
  public:
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return fd_; }

  private:
    int fd_;
};

template <class Buffer>
Buffer read_all(const std::filesystem::path& path) {
    const InputFile file(path);
    Buffer buffer(static_cast<std::size_t>(file.size()), {});
    file.read_at(0, std::as_writable_bytes(std::span(buffer)));
    return buffer;
}

void write_all(int fd, std::span<const std::byte> bytes, const std::filesystem::path& path) {
    while (!bytes.empty()) {
        const ssize_t put = ::write(fd, bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) fail("cannot write", path, errno);
        bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
}

/// Makes a rename last through a power failure. Where a file system cannot, the file is whole all the same.
void flush_folder(const std::filesystem::path& folder) {
    const Descriptor descriptor(
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (descriptor.get() >= 0) ::fsync(descriptor.get());
}

/// What `path` leads to, by however many links, whether it is there or not.
std::filesystem::path followed(std::filesystem::path path) {
    constexpr int kMostLinks = 40;  // as the kernel's own limit
    std::error_code error;
    const std::filesystem::path first = path;
    for (int links = 0; std::filesystem::is_symlink(path, error); ++links) {
        if (links == kMostLinks) fail("cannot write", first, ELOOP);
        const std::filesystem::path to = std::filesystem::read_symlink(path, error);
        if (error) fail("cannot write", first, error.value());
        path = to.is_absolute() ? to : path.parent_path() / to;
    }
    return path;
}

/// A hidden file of its own beside `target`: other threads, and other machines that share the folder, may be
/// writing the same one.
int open_beside(const std::filesystem::path& target, std::filesystem::path& beside) {
    constexpr std::size_t kMostOfName = 200;  // a name has 255 bytes at most
    const std::string name = target.filename().string().substr(0, kMostOfName);
    std::random_device random;
    for (;;) {
        const std::uint64_t number = std::uint64_t{random()} << 32 | random();
        beside = target.parent_path() / fmt::format(".{}.{:020}", name, number);
        const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (fd >= 0 || errno != EEXIST) return fd;
    }
}

}  // namespace

InputFile::InputFile(std::filesystem::path path)
    : path_(std::move(path)), fd_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_ < 0) espalier::fail("cannot open", path_, errno);
    struct stat info {};
    int error = ::fstat(fd_, &info) != 0 ? errno : 0;
    if (error == 0 && S_ISDIR(info.st_mode)) error = EISDIR;
    const bool is_file = error == 0 && S_ISREG(info.st_mode);
    if (is_file) {
        size_ = static_cast<std::uint64_t>(info.st_size);
        return;
    }
    ::close(fd_);
    if (error != 0) fail(error);
    // A pipe has no size, and whoever reads a file twice would find it empty.
    throw IoError(fmt::format("{}: cannot read: not a regular file", path_.string()));
}

InputFile::~InputFile() { ::close(fd_); }

void InputFile::read_at(std::uint64_t offset, std::span<std::byte> to) const {
    while (!to.empty()) {
        const ssize_t got = ::pread(fd_, to.data(), to.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail(errno);
        if (got == 0) throw IoError(fmt::format("{}: shrank while it was read", path_.string()));
        offset += static_cast<std::uint64_t>(got);
        to = to.subspan(static_cast<std::size_t>(got));
    }
}

void InputFile::fail(int error) const { espalier::fail("cannot read", path_, error); }

std::vector<std::byte> read_file(const std::filesystem::path& path) {
    return read_all<std::vector<std::byte>>(path);
}

std::string read_text(const std::filesystem::path& path) { return read_all<std::string>(path); }

NewFile::NewFile(const std::filesystem::path& path) : path_(path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (std::filesystem::is_directory(status)) fail("cannot write", path, EISDIR);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        // Renaming over a device would replace it, as root, for everyone.
        throw IoError(fmt::format("{}: cannot write: not a regular file", path.string()));
    }
    // A link stays a link: what it points to is replaced, or made.
    target_ = followed(path);
    fd_ = open_beside(target_, beside_);
    if (fd_ < 0) fail("cannot write", path, errno);
}

void check_can_write(const std::filesystem::path& path) { const NewFile made_and_removed(path); }

NewFile::~NewFile() {
    ::close(fd_);
    if (!is_published_) ::unlink(beside_.c_str());
}

void NewFile::write(std::span<const std::byte> bytes) { write_all(fd_, bytes, path_); }

void NewFile::flush() {
    fault_point("flush", path_.filename().string());
    if (::fsync(fd_) != 0) fail("cannot write", path_, errno);
}

void NewFile::publish() {
    const std::string name = path_.filename().string();
    fault_point("rename", name);
    if (::rename(beside_.c_str(), target_.c_str()) != 0) fail("cannot write", path_, errno);
    is_published_ = true;
    fault_point("renamed", name);
    flush_folder(target_.parent_path());
}

void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
    NewFile file(path);
    file.write(bytes);
    file.flush();
    file.publish();
}

FileLock::FileLock(const std::filesystem::path& path)
    : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (fd_ < 0) fail("cannot open", path, errno);
    is_held_ = ::flock(fd_, LOCK_EX | LOCK_NB) == 0;
    const int error = errno;
    if (is_held_ || error == EWOULDBLOCK) return;
    ::close(fd_);
    fail("cannot lock", path, error);
}

FileLock::FileLock(const std::filesystem::path& path, const std::string& busy) : FileLock(path) {
    if (!is_held_) throw IoError(busy);
}

FileLock::~FileLock() { ::close(fd_); }

void remove_half_written(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> found;
    std::error_code error;
    std::filesystem::recursive_directory_iterator at(folder, error);
    for (; !error && at != std::filesystem::recursive_directory_iterator(); at.increment(error)) {
        const std::string name = at->path().filename().string();
        const std::string number = name.substr(name.rfind('.') + 1);
        const bool is_numbered =
            !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
        std::error_code gone;
        if (name.starts_with('.') && is_numbered && at->is_regular_file(gone)) found.push_back(at->path());
    }
    if (error) throw IoError(fmt::format("{}: cannot read: {}", folder.string(), error.message()));
    for (const auto& path : found) remove_file(path);
}

bool file_exists(const std::filesystem::path& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (status.type() == std::filesystem::file_type::none) fail("cannot look at", path, error.value());
    return std::filesystem::exists(status);
}

void remove_file(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) fail("cannot remove", path, errno);
    fault_point("removed", name);
}

void write_text(const std::filesystem::path& path, std::string_view text) {
    write_file(path, std::as_bytes(std::span(text)));
}

void append_text(const std::filesystem::path& path, std::string_view text) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    if (file.get() < 0) fail("cannot write", path, errno);
    write_all(file.get(), std::as_bytes(std::span(text)), path);
    fault_point("appended", path.filename().string());
}

void make_folder(const std::filesystem::path& path) {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) throw IoError(fmt::format("{}: cannot make the folder: {}", path.string(), error.message()));
}

}  // namespace espalier
