#include "base/memory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <limits>

#include "espalier/error.h"

namespace espalier {
namespace {

TEST(Memory, IsAligned) {
    for (const std::size_t bytes :
         {std::size_t{0}, std::size_t{1}, std::size_t{1000}, std::size_t{5'000'000}}) {
        std::byte* data = allocate_aligned(bytes, 64);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(data) % 64, 0U);
        free_aligned(data);
    }
}

TEST(Memory, MoreThanThereIsIsRefused) {
    EXPECT_GT(available_memory(), 0U);
    EXPECT_LT(available_memory(), std::numeric_limits<std::uint64_t>::max());
    for (const unsigned shift : {50U, 62U}) {
        try {
            allocate_aligned(std::size_t{1} << shift, 64);
            ADD_FAILURE() << "nothing was thrown";
        } catch (const OutOfMemory& error) {
            EXPECT_NE(std::string(error.what()).find("of memory are needed"), std::string::npos)
                << error.what();
        }
    }
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(Memory, ALimitOfTheProcessCounts) {
    const pid_t child = fork();
    if (child == 0) {
        const rlimit limit{rlim_t{256} << 20U, rlim_t{256} << 20U};
        setrlimit(RLIMIT_AS, &limit);
        if (available_memory() >= limit.rlim_cur) _exit(1);
        try {
            allocate_aligned(std::size_t{300} << 20U, 64);
        } catch (const OutOfMemory&) {
            _exit(0);
        }
        _exit(2);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}
#endif

}  // namespace
}  // namespace espalier
