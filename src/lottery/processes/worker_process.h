// A child process whose standard input is a socket and whose standard output a pipe, both of lines. When this
// process ends, however it does, the socket hangs up: the child is to end then.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace espalier::lottery {

class WorkerProcess {
  public:
    /// Starts `command`, in which SIGINT is ignored: Ctrl-C reaches the whole group, and the parent decides.
    /// A program that cannot be run exits with code 127. Throws IoError.
    explicit WorkerProcess(const std::vector<std::string>& command);
    /// Asks the child to end (end of input, SIGTERM), and kills it if it has not done so after some seconds.
    ~WorkerProcess();
    WorkerProcess(WorkerProcess&& other) noexcept;
    WorkerProcess& operator=(WorkerProcess&& other) noexcept;

    /// File descriptor to poll for output.
    int output() const { return from_child_; }
    /// False if the child no longer reads. Raises no SIGPIPE.
    bool send(const std::string& line);
    /// Reads what is there, and gives the complete lines; nothing when the child has closed its output.
    std::optional<std::vector<std::string>> receive();
    /// Waits for the end: "exited with code 1", "was killed by signal 9". Once.
    std::string wait();

  private:
    void end();

    pid_t pid_ = -1;
    int to_child_ = -1;
    int from_child_ = -1;
    std::string buffer_;
};

}  // namespace espalier::lottery
