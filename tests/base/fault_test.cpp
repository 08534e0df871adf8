// The points that a test can kill a process at, and what is on disk then.
#include "base/fault.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "base/temporary_folder.h"

namespace espalier {
namespace {

using testing::TemporaryFolder;

/// Runs the body in a process of its own that is to be killed at `fault`; true if it was.
template <class Body>
bool killed(const std::string& fault, const Body& body) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::setenv("ESPALIER_FAULT", fault.c_str(), 1);
        body();
        ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

TEST(Faults, AFileHasItsOldContentUntilTheRenameAndTheNewOneBehindIt) {
    const TemporaryFolder folder;
    const auto write = [&] { write_text(folder / "file", "new"); };
    for (const auto& [point, left] :
         {std::pair("flush:file", "old"), {"rename:file", "old"}, {"renamed:file", "new"}}) {
        write_text(folder / "file", "old");
        EXPECT_TRUE(killed(point, write)) << point;
        EXPECT_EQ(read_text(folder / "file"), left) << point;
    }
    remove_half_written(folder.path());
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(Faults, TheNumberedPassOnly) {
    const TemporaryFolder folder;
    const auto write_three = [&] {
        for (const char* text : {"1", "2", "3"}) write_text(folder / "file", text);
    };
    EXPECT_TRUE(killed("renamed:file:2", write_three));
    EXPECT_EQ(read_text(folder / "file"), "2");
    EXPECT_FALSE(killed("renamed:file:4", write_three));
    EXPECT_FALSE(killed("renamed:other", write_three));
}

TEST(Faults, TheLogHasEveryPointInOrder) {
    const TemporaryFolder folder;
    const pid_t child = ::fork();
    if (child == 0) {
        ::setenv("ESPALIER_FAULT_LOG", (folder / "log").c_str(), 1);
        write_text(folder / "file", "");
        append_text(folder / "file", "more");
        remove_file(folder / "file");
        ::_exit(0);
    }
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(read_text(folder / "log"),
              "flush:file\nrename:file\nrenamed:file\nappended:file\nremoved:file\n");
}

}  // namespace
}  // namespace espalier
