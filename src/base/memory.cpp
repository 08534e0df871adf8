#include "base/memory.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

#include "base/text/numbers.h"
#include "espalier/error.h"

namespace espalier {
namespace {

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();
// Asking the system takes tens of microseconds, so small requests are left to fail by themselves.
constexpr std::size_t kLarge = std::size_t{64} << 20U;

/// The number that `file` holds, behind `label` if there is one.
std::optional<std::uint64_t> number_in(const char* file, const std::string& label = "") {
    std::ifstream in(file);
    std::string word;
    while (!label.empty() && in >> word && word != label) {
    }
    std::uint64_t number = 0;
    return in >> number ? std::optional(number) : std::nullopt;
}

std::uint64_t left_of(std::optional<std::uint64_t> limit, std::optional<std::uint64_t> used) {
    if (!limit) return kUnlimited;
    return *limit - std::min(*limit, used.value_or(0));
}

std::uint64_t free_in_machine() {
    const auto kilobytes = number_in("/proc/meminfo", "MemAvailable:");
    return kilobytes ? *kilobytes * 1024 : kUnlimited;
}

std::uint64_t left_by_group() {
    return left_of(number_in("/sys/fs/cgroup/memory.max"), number_in("/sys/fs/cgroup/memory.current"));
}

std::uint64_t left_by_process() {
    rlimit limit{};
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kUnlimited;
    const auto pages = number_in("/proc/self/statm");
    const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    return left_of(limit.rlim_cur, pages ? std::optional(*pages * page) : std::nullopt);
}

constexpr std::size_t kHugePage = std::size_t{2} << 20U;

/// First writing 100 MB in pages of 4 KB takes 25,000 faults, 60 ms. A hint: where there are none, nothing
/// changes. `data` begins with a huge page.
void ask_for_huge_pages(std::byte* data, std::size_t bytes) {
    ::madvise(data, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
}

}  // namespace

std::uint64_t available_memory() { return std::min({free_in_machine(), left_by_group(), left_by_process()}); }

void refuse_memory(std::uint64_t bytes) {
    throw OutOfMemory(fmt::format("{} of memory are needed, {} are free", format_bytes(bytes),
                                  format_bytes(available_memory())));
}

std::byte* allocate_aligned(std::size_t bytes, std::size_t alignment) {
    if (bytes >= kLarge && bytes > available_memory()) refuse_memory(bytes);
    const bool huge = bytes >= kHugePage;
    void* data = nullptr;
    if (::posix_memalign(&data, huge ? std::max(kHugePage, alignment) : alignment, bytes) != 0)
        refuse_memory(bytes);
    if (huge) ask_for_huge_pages(static_cast<std::byte*>(data), bytes);
    return static_cast<std::byte*>(data);
}

void free_aligned(std::byte* data) { std::free(data); }

}  // namespace espalier
