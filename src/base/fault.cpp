#include "base/fault.h"

#ifdef ESPALIER_FAULTS

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <string>

namespace espalier {
namespace {

struct Fault {
    std::string point;
    int pass = 1;
};

/// "POINT" or "POINT:N"; points hold a colon themselves, and end in no number of their own behind one.
Fault wanted_fault() {
    const char* text = std::getenv("ESPALIER_FAULT");
    Fault fault{text == nullptr ? "" : text};
    const std::size_t colon = fault.point.rfind(':');
    if (colon == std::string::npos) return fault;
    const char* const end = fault.point.data() + fault.point.size();
    int pass = 0;
    const auto [stop, error] = std::from_chars(fault.point.data() + colon + 1, end, pass);
    if (error != std::errc() || stop != end) return fault;
    return {fault.point.substr(0, colon), pass};
}

void log(const std::string& point) {
    const char* path = std::getenv("ESPALIER_FAULT_LOG");
    if (path == nullptr) return;
    const int fd = ::open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const std::string line = point + '\n';
    if (fd < 0 || ::write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::abort();
    ::close(fd);
}

}  // namespace

void fault_point(std::string_view when, std::string_view what) {
    const Fault fault = wanted_fault();  // anew: a test forks and sets it
    static std::atomic<int> passes{0};
    const std::string point = std::string(when) + ':' + std::string(what);
    log(point);
    if (point == fault.point && ++passes == fault.pass) ::kill(::getpid(), SIGKILL);
}

}  // namespace espalier

#else

namespace espalier {
void fault_point(std::string_view /*when*/, std::string_view /*what*/) {}
}  // namespace espalier

#endif
