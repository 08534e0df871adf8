#include "base/files.h"
#include "base/text/numbers.h"

#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <thread>

#include "base/expect_error.h"
#include "base/file_size_limit.h"
#include "base/temporary_folder.h"

namespace espalier {
namespace {

using testing::FileSizeLimit;
using testing::TemporaryFolder;

/// Longer than any buffer on the way, with every byte value.
std::string long_text() {
    std::string text(1'000'003, '\0');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7 % 256);
    return text;
}

std::ptrdiff_t entries(const TemporaryFolder& folder) {
    return std::distance(std::filesystem::directory_iterator(folder.path()), {});
}

TEST(Files, WhatIsWrittenIsRead) {
    const TemporaryFolder folder;
    for (const std::string& text : {std::string(), std::string("a\0b", 3), long_text()}) {
        write_text(folder / "file", text);
        EXPECT_EQ(read_text(folder / "file"), text);
        const auto bytes = read_file(folder / "file");
        ASSERT_EQ(bytes.size(), text.size());
        write_file(folder / "copy", bytes);
        EXPECT_EQ(read_text(folder / "copy"), text);
    }
    EXPECT_EQ(entries(folder), 2) << "a hidden file was left behind";
}

TEST(Files, AFileInTheCurrentFolder) {
    const TemporaryFolder folder;
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(folder.path());
    write_text("bare-name", "text");
    EXPECT_EQ(read_text("bare-name"), "text");
    std::filesystem::current_path(before);
}

TEST(Files, ReplacesTheOldContentWhole) {
    const TemporaryFolder folder;
    write_text(folder / "file", long_text());
    write_text(folder / "file", "short");
    EXPECT_EQ(read_text(folder / "file"), "short");
}

TEST(Files, AFullDiskLeavesTheOldContentAndNothingElse) {
    const TemporaryFolder folder;
    write_text(folder / "file", "old");
    {
        const FileSizeLimit limit(1000);
        EXPECT_ERROR(IoError, "file: cannot write: File too large", write_text(folder / "file", long_text()));
        EXPECT_ERROR(IoError, "new: cannot write: File too large", write_text(folder / "new", long_text()));
    }
    EXPECT_EQ(read_text(folder / "file"), "old");
    EXPECT_EQ(entries(folder), 1);
}

TEST(Files, FailuresNameTheFile) {
    const TemporaryFolder folder;
    EXPECT_ERROR(IoError, (folder / "none").string() + ": cannot open: No such file",
                 read_file(folder / "none"));
    EXPECT_ERROR(IoError, folder.path().string() + ": cannot read: Is a directory", read_text(folder.path()));
    EXPECT_ERROR(IoError, "missing/file: cannot write: No such file",
                 write_text(folder.path() / "missing/file", ""));
    std::filesystem::create_directory(folder / "taken");
    EXPECT_ERROR(IoError, "taken: cannot write: Is a directory", write_text(folder / "taken", "text"));
    EXPECT_EQ(entries(folder), 1) << "a failed rename left the hidden file behind";
}

TEST(Files, AreReadFromAnyPlace) {
    const TemporaryFolder folder;
    write_text(folder / "letters", "abcdef");
    const InputFile file(folder / "letters");
    std::string part(3, ' ');
    file.read_at(2, std::as_writable_bytes(std::span(part)));
    EXPECT_EQ(part, "cde");
    EXPECT_ERROR(IoError, "letters: shrank while it was read",
                 file.read_at(4, std::as_writable_bytes(std::span(part))));
}

TEST(Files, DevicesAndLinksAreNotReplaced) {
    EXPECT_ERROR(IoError, "/dev/null: cannot write: not a regular file", (write_text("/dev/null", "x"), 0));
    EXPECT_ERROR(IoError, "/dev/null: cannot read: not a regular file", read_text("/dev/null"));
    const TemporaryFolder folder;
    write_text(folder / "target", "old");
    std::filesystem::create_symlink(folder / "target", folder / "link");
    write_text(folder / "link", "new");
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
    EXPECT_EQ(read_text(folder / "target"), "new");
}

TEST(Files, ALinkToNothingMakesWhatItPointsTo) {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "below");
    std::filesystem::create_symlink("below/target", folder / "link");
    std::filesystem::create_symlink("link", folder / "link-to-link");
    write_text(folder / "link-to-link", "new");
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
    EXPECT_EQ(read_text(folder.path() / "below/target"), "new");

    std::filesystem::create_symlink(folder / "missing/target", folder / "lost");
    EXPECT_ERROR(IoError, "lost: cannot write: No such file", write_text(folder / "lost", "x"));
    std::filesystem::create_symlink("circle", folder / "circle");
    EXPECT_ERROR(IoError, "circle: cannot write: Too many levels", write_text(folder / "circle", "x"));
    EXPECT_EQ(entries(folder), 5) << "a hidden file was left behind";
}

/// The hidden file beside the target is the writer's own.
TEST(Files, WritersOfOneFileDoNotMeet) {
    const TemporaryFolder folder;
    std::optional<NewFile> first(folder / "file");
    NewFile second(folder / "file");
    EXPECT_EQ(entries(folder), 2);
    second.write(std::as_bytes(std::span("second", 6)));
    first->write(std::as_bytes(std::span("first", 5)));
    first.reset();  // given up: the other one stays
    second.flush();
    second.publish();
    EXPECT_EQ(read_text(folder / "file"), "second");
    EXPECT_EQ(entries(folder), 1);

    std::vector<std::thread> writers;
    for (const char digit : {'1', '2', '3', '4'}) {
        writers.emplace_back([&, digit] {
            for (int i = 0; i < 20; ++i) write_text(folder / "file", std::string(10'000, digit));
        });
    }
    for (std::thread& writer : writers) writer.join();
    const std::string text = read_text(folder / "file");
    EXPECT_EQ(text, std::string(10'000, text[0]));
    EXPECT_EQ(entries(folder), 1);
}

TEST(Files, ANameOfTheGreatestLength) {
    const TemporaryFolder folder;
    write_text(folder / std::string(255, 'n'), "text");
    EXPECT_EQ(read_text(folder / std::string(255, 'n')), "text");
}

TEST(Files, WhatCannotBeSeenOrRemovedIsAnIoError) {
    const TemporaryFolder folder;
    write_text(folder / "file", "");
    EXPECT_TRUE(file_exists(folder / "file"));
    EXPECT_FALSE(file_exists(folder / "other"));
    EXPECT_FALSE(file_exists(folder.path() / "file/below"));
    std::filesystem::create_symlink("circle", folder / "circle");
    EXPECT_ERROR(IoError, "circle: cannot look at: Too many levels", file_exists(folder / "circle"));
    EXPECT_ERROR(IoError, "cannot remove: Is a directory", (remove_file(folder.path()), 0));
    EXPECT_ERROR(IoError, "none: cannot read: No such file", (remove_half_written(folder / "none"), 0));
    remove_file(folder / "file");
    remove_file(folder / "file");
    EXPECT_FALSE(file_exists(folder / "file"));
}

TEST(Files, LockIsHeldByOneAtATime) {
    const TemporaryFolder folder;
    {
        const FileLock lock(folder / "lock", "busy");
        EXPECT_ERROR(IoError, "busy", FileLock(folder / "lock", "busy"));
    }
    EXPECT_NO_THROW(FileLock(folder / "lock", "busy"));
}

TEST(Files, RemovesOnlyWhatAKilledProcessLeft) {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "below");
    write_text(folder / ".a.onnx.123", "half");
    write_text(folder / "below/.b.456", "half");
    write_text(folder / ".hidden", "whole");
    write_text(folder / "c.789", "whole");
    remove_half_written(folder.path());
    EXPECT_FALSE(std::filesystem::exists(folder / ".a.onnx.123"));
    EXPECT_FALSE(std::filesystem::exists(folder / "below/.b.456"));
    EXPECT_TRUE(std::filesystem::exists(folder / ".hidden"));
    EXPECT_TRUE(std::filesystem::exists(folder / "c.789"));
}

TEST(Files, MakesFolders) {
    const TemporaryFolder folder;
    make_folder(folder.path() / "a/b/c");
    make_folder(folder.path() / "a/b/c");
    EXPECT_TRUE(std::filesystem::is_directory(folder.path() / "a/b/c"));
    write_text(folder / "file", "");
    EXPECT_ERROR(IoError, "file/sub: cannot make the folder", make_folder(folder.path() / "file/sub"));
}

TEST(Files, NumbersForPeople) {
    EXPECT_EQ(with_commas(0), "0");
    EXPECT_EQ(with_commas(999), "999");
    EXPECT_EQ(with_commas(1000), "1,000");
    EXPECT_EQ(with_commas(266200), "266,200");
    EXPECT_EQ(with_commas(-1234567), "-1,234,567");
    EXPECT_EQ(with_commas(-123), "-123");
    EXPECT_EQ(with_commas(std::numeric_limits<std::int64_t>::min()), "-9,223,372,036,854,775,808");
    EXPECT_EQ(format_bytes(0), "0 B");
    EXPECT_EQ(format_bytes(999), "999 B");
    EXPECT_EQ(format_bytes(1000), "1 KB");
    EXPECT_EQ(format_bytes(1'067'400), "1,067 KB");
}

}  // namespace
}  // namespace espalier
