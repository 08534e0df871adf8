// Files that are never seen half written: bytes go to a hidden file beside the target, which is then renamed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace espalier {

/// The whole file. Throws IoError if it cannot be opened or read.
std::vector<std::byte> read_file(const std::filesystem::path& path);
std::string read_text(const std::filesystem::path& path);

/// A file that is read in pieces, by what reads from a descriptor.
class InputFile {
  public:
    /// Throws IoError if it cannot be opened, or is no regular file.
    explicit InputFile(std::filesystem::path path);
    ~InputFile();
    InputFile(const InputFile&) = delete;
    InputFile& operator=(const InputFile&) = delete;

    int descriptor() const { return fd_; }
    /// In bytes.
    std::uint64_t size() const { return size_; }
    /// Fills `to` with the bytes from `offset` on. Throws IoError where the file ends before.
    void read_at(std::uint64_t offset, std::span<std::byte> to) const;
    /// Throws IoError: it cannot be read, by this errno.
    [[noreturn]] void fail(int error) const;

  private:
    std::filesystem::path path_;
    int fd_;
    std::uint64_t size_ = 0;
};

/// Writes beside `path`, flushes to disk, renames. Throws IoError and removes what it wrote on any failure
/// (a full disk included), so `path` holds either its old or its new content.
void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes);
void write_text(const std::filesystem::path& path, std::string_view text);

/// Throws IoError where write_file() would refuse the path: before minutes of work for it.
void check_can_write(const std::filesystem::path& path);

/// The same in steps: for what does not fit into memory twice, and for several files that belong together,
/// which are all flushed before the first is renamed. A link stays: what it points to is written, made if it
/// is not there. Threads and machines may write the same file at a time: it is that of the last, whole.
class NewFile {
  public:
    /// Throws IoError, as all members.
    explicit NewFile(const std::filesystem::path& path);
    /// Removes what was written unless it was published.
    ~NewFile();
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;

    void write(std::span<const std::byte> bytes);
    void flush();
    void publish();

  private:
    std::filesystem::path path_;
    std::filesystem::path target_;
    std::filesystem::path beside_;
    int fd_ = -1;
    bool is_published_ = false;
};

/// Adds to the end of a file that others read meanwhile. Throws IoError.
void append_text(const std::filesystem::path& path, std::string_view text);

/// Holds a file locked as long as it lives; the lock goes with the process, however that ends.
class FileLock {
  public:
    /// Makes the file if needed. Throws IoError, with `busy` as its message, if another process holds it.
    FileLock(const std::filesystem::path& path, const std::string& busy);
    /// Tries; is_held() says whether it succeeded.
    explicit FileLock(const std::filesystem::path& path);
    bool is_held() const { return is_held_; }
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

  private:
    int fd_;
    bool is_held_ = false;
};

/// Removes the hidden files that killed processes left half written, in `folder` and below. Throws IoError.
void remove_half_written(const std::filesystem::path& folder);

/// Throws IoError if that cannot be seen; a link to nothing is not there.
bool file_exists(const std::filesystem::path& path);

/// Whether it is there or not. Throws IoError.
void remove_file(const std::filesystem::path& path);

/// Makes the folder and its parents. Throws IoError naming the folder.
void make_folder(const std::filesystem::path& path);

}  // namespace espalier
