#include "experiment/run/trainer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <optional>
#include <sstream>
#include <utility>

#include "base/files.h"
#include "espalier/error.h"

namespace espalier::experiment {
namespace {

constexpr const char* kName = "espalier-train";
constexpr int kPollMs = 100;  // between looks at `stop`

/// Bytes of a pipe, as whole lines.
class LineReader {
  public:
    LineReader() {
        if (::pipe2(ends_.data(), O_CLOEXEC) != 0)
            throw IoError(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    }
    ~LineReader() {
        ::close(ends_[0]);
        close_write_end();
    }
    LineReader(const LineReader&) = delete;
    LineReader& operator=(const LineReader&) = delete;

    int read_end() const { return is_open_ ? ends_[0] : -1; }  // poll() ignores -1
    int write_end() const { return ends_[1]; }
    void close_write_end() {
        if (ends_[1] >= 0) ::close(ends_[1]);
        ends_[1] = -1;
    }
    bool is_open() const { return is_open_; }

    /// What is there now; `take(line)` gets every line that it completes.
    template <class Take>
    void read(const Take& take) {
        std::array<char, 4096> bytes;
        const ssize_t got = ::read(ends_[0], bytes.data(), bytes.size());
        if (got < 0 && errno == EINTR) return;
        is_open_ = got > 0;
        for (ssize_t i = 0; i < got; ++i) {
            if (bytes[static_cast<std::size_t>(i)] != '\n') {
                line_ += bytes[static_cast<std::size_t>(i)];
                continue;
            }
            take(line_);
            line_.clear();
        }
    }

  private:
    std::array<int, 2> ends_{-1, -1};
    bool is_open_ = true;
    std::string line_;
};

/// "0.25 level 3 ..."
void tell(const std::string& line, const Watch& watch) {
    double share = 0;
    const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), share);
    if (error != std::errc()) return;
    const char* const end = line.data() + line.size();
    watch.progress(share, rest == end ? "" : std::string(rest + 1, end));
}

/// In a child of a process with threads: nothing here takes memory.
[[noreturn]] void become(std::vector<char*>& words, pid_t parent, LineReader* out, LineReader* err) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);     // a trainer without its parent would meet the next one in the run
    if (::getppid() != parent) ::_exit(1);  // the parent died before the line above
    if (out != nullptr) ::dup2(out->write_end(), STDOUT_FILENO);
    if (err != nullptr) ::dup2(err->write_end(), STDERR_FILENO);
    ::execv(words.front(), words.data());
    ::_exit(127);
}

using Take = std::function<void(const std::string& line)>;

/// Until both ends are closed.
void follow(pid_t child, LineReader& out, LineReader& err, const Take& take, const Watch& watch,
            TrainerExit& result) {
    bool asked = false;
    while (out.is_open() || err.is_open()) {
        std::array<pollfd, 2> ends = {{{out.read_end(), POLLIN, 0}, {err.read_end(), POLLIN, 0}}};
        ::poll(ends.data(), ends.size(), kPollMs);
        if (watch.is_stopped() && !std::exchange(asked, true)) ::kill(child, SIGINT);
        if (ends[0].revents != 0) out.read(take);
        if (ends[1].revents != 0) {
            err.read([&](const std::string& line) {
                if (!line.empty()) result.last_line = line;
            });
        }
    }
}

int wait_for(pid_t child, const std::filesystem::path& program, const Watch& watch) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            throw IoError(fmt::format("cannot wait for {}: {}", program.string(), std::strerror(errno)));
        if (watch.is_stopped()) ::kill(child, SIGINT);  // a signal sent to this process alone
    }
    return status;
}

/// `take` gets the lines of its standard output; without, it has the output of this process.
TrainerExit run_program(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                        const Take& take, const Watch& watch) {
    check_trainer(program);
    std::optional<LineReader> out;
    std::optional<LineReader> err;
    if (take) {
        out.emplace();
        err.emplace();
    }
    std::vector<char*> words = {const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) throw IoError(fmt::format("cannot start {}: {}", program.string(), std::strerror(errno)));
    if (child == 0) become(words, parent, out ? &*out : nullptr, err ? &*err : nullptr);
    TrainerExit result;
    if (out) {
        out->close_write_end();
        err->close_write_end();
        follow(child, *out, *err, take, watch, result);
    }
    const int status = wait_for(child, program, watch);
    if (WIFSIGNALED(status)) {
        result.signal = WTERMSIG(status);
        return result;
    }
    result.code = WEXITSTATUS(status);
    if (result.code > 2)
        throw Error(fmt::format("{} could not run: exit code {}", program.string(), result.code));
    return result;
}

}  // namespace

std::filesystem::path trainer_path() {
    std::error_code error;
    const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
    if (!error && file_exists(own.parent_path() / kName)) return own.parent_path() / kName;
    const char* path = std::getenv("PATH");
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');) {
        std::filesystem::path file = std::filesystem::path(folder) / kName;
        if (!folder.empty() && ::access(file.c_str(), X_OK) == 0) return file;
    }
    return {};
}

void check_trainer(const std::filesystem::path& program) {
    if (!program.empty()) return;
    throw Unsupported(fmt::format(
        "{0}, the program that trains, is not there, neither beside this program nor in PATH: install the "
        "package {0}, of Debian's packages or of Python's, or build it (./dev build)",
        kName));
}

TrainerExit run_trainer(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                        const Watch& watch) {
    if (!watch.progress) return run_program(program, arguments, {}, watch);
    return run_program(
        program, arguments, [&](const std::string& line) { tell(line, watch); }, watch);
}

std::string trainer_output(const std::filesystem::path& program, const std::vector<std::string>& arguments) {
    std::string text;
    const TrainerExit exit =
        run_program(program, arguments, [&](const std::string& line) { text += line + '\n'; }, {});
    if (exit.signal != 0) throw Error(fmt::format("{} was killed by signal {}", kName, exit.signal));
    if (exit.code != 0) throw Error(exit.last_line);
    return text;
}

}  // namespace espalier::experiment
