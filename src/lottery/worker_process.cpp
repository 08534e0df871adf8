#include "lottery/worker_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "espalier/error.h"

namespace espalier::lottery {
namespace {

// Microseconds.
constexpr int kNap = 10'000;
constexpr int kPatience = 5'000'000;

[[noreturn]] void become(const std::vector<char*>& arguments, int input, int output, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);  // the parent died before the line above
    ::dup2(input, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::signal(SIGINT, SIG_IGN);  // Ctrl-C reaches the whole group; the parent decides
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

}  // namespace

WorkerProcess::WorkerProcess(const std::vector<std::string>& command) {
    int input[2];
    int output[2];
    if (::pipe2(input, O_CLOEXEC) != 0)
        throw IoError(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    if (::pipe2(output, O_CLOEXEC) != 0) {
        ::close(input[0]);
        ::close(input[1]);
        throw IoError(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    }
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);

    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0) become(arguments, input[0], output[1], parent);
    const int error = errno;
    ::close(input[0]);
    ::close(output[1]);
    to_child_ = input[1];
    from_child_ = output[0];
    if (pid_ < 0) {
        ::close(to_child_);
        ::close(from_child_);
        throw IoError(fmt::format("cannot start {}: {}", command[0], std::strerror(error)));
    }
}

WorkerProcess::~WorkerProcess() {
    if (to_child_ >= 0) ::close(to_child_);
    if (pid_ > 0) end();
    if (from_child_ >= 0) ::close(from_child_);
}

/// A worker in the middle of a stage leaves a checkpoint within one step; one that reads data does not look.
void WorkerProcess::end() const {
    ::kill(pid_, SIGTERM);
    for (int i = 0; i < kPatience / kNap; ++i) {
        if (::waitpid(pid_, nullptr, WNOHANG) != 0) return;
        ::usleep(kNap);
    }
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
}

WorkerProcess::WorkerProcess(WorkerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      to_child_(std::exchange(other.to_child_, -1)),
      from_child_(std::exchange(other.from_child_, -1)),
      buffer_(std::move(other.buffer_)) {}

WorkerProcess& WorkerProcess::operator=(WorkerProcess&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(to_child_, other.to_child_);
    std::swap(from_child_, other.from_child_);
    std::swap(buffer_, other.buffer_);
    return *this;
}

bool WorkerProcess::send(const std::string& line) {
    const std::string text = line + '\n';  // shorter than PIPE_BUF, so it goes out whole
    return ::write(to_child_, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::optional<std::vector<std::string>> WorkerProcess::receive() {
    char chunk[4096];
    const ssize_t got = ::read(from_child_, chunk, sizeof chunk);
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN)) return {};
    if (got > 0) buffer_.append(chunk, static_cast<std::size_t>(got));
    std::vector<std::string> lines;
    for (auto end = buffer_.find('\n'); end != std::string::npos; end = buffer_.find('\n')) {
        lines.push_back(buffer_.substr(0, end));
        buffer_.erase(0, end + 1);
    }
    return lines;
}

std::string WorkerProcess::wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    if (WIFSIGNALED(status)) return fmt::format("was killed by signal {}", WTERMSIG(status));
    return fmt::format("exited with code {}", WEXITSTATUS(status));
}

}  // namespace espalier::lottery
