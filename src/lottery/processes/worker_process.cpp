#include "lottery/processes/worker_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
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

[[noreturn]] void become(const std::vector<char*>& arguments, int input, int output) {
    ::dup2(input, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::signal(SIGINT, SIG_IGN);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

/// Gives the status of a child that has ended; nothing with WNOHANG if it has not, or if it is no child.
std::optional<int> status_of(pid_t pid, int options) {
    int status = 0;
    pid_t got = 0;
    do got = ::waitpid(pid, &status, options);
    while (got < 0 && errno == EINTR);
    return got == pid ? std::optional(status) : std::nullopt;
}

}  // namespace

WorkerProcess::WorkerProcess(const std::vector<std::string>& command) {
    int input[2];
    int output[2];
    // A socket, because writing to one need not raise SIGPIPE, whose handling belongs to the whole process.
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input) != 0)
        throw IoError(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    if (::pipe2(output, O_CLOEXEC) != 0) {
        ::close(input[0]);
        ::close(input[1]);
        throw IoError(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    }
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);

    pid_ = ::fork();
    if (pid_ == 0) become(arguments, input[0], output[1]);
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
    if (pid_ > 0) end();
    if (to_child_ >= 0) ::close(to_child_);
    if (from_child_ >= 0) ::close(from_child_);
}

/// A worker in the middle of a stage leaves a checkpoint within one step; one that reads data does not look.
/// The socket stays open meanwhile, or the worker would take this process for dead.
void WorkerProcess::end() {
    ::shutdown(to_child_, SHUT_WR);
    ::kill(pid_, SIGTERM);
    for (int i = 0; i < kPatience / kNap; ++i) {
        if (status_of(pid_, WNOHANG)) return;
        ::usleep(kNap);
    }
    ::kill(pid_, SIGKILL);
    status_of(pid_, 0);
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
    const std::string text = line + '\n';
    for (std::size_t done = 0; done < text.size();) {
        const ssize_t put = ::send(to_child_, text.data() + done, text.size() - done, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return false;
        done += static_cast<std::size_t>(put);
    }
    return true;
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
    const std::optional<int> status = status_of(std::exchange(pid_, -1), 0);
    if (!status) return fmt::format("cannot be waited for: {}", std::strerror(errno));
    if (WIFSIGNALED(*status)) return fmt::format("was killed by signal {}", WTERMSIG(*status));
    return fmt::format("exited with code {}", WEXITSTATUS(*status));
}

}  // namespace espalier::lottery
