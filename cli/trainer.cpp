#include "cli/trainer.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "cli/verb.h"
#include "espalier/error.h"

namespace espalier::cli {

std::string own_path() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

int run_trainer(const std::vector<std::string>& arguments) {
    const std::string trainer = std::filesystem::path(own_path()).replace_filename("espalier-train").string();
    if (!std::filesystem::exists(trainer)) {
        throw Unsupported(
            fmt::format("{} is not there: this build has no trainer (preset runtime)", trainer));
    }
    std::vector<char*> words = {const_cast<char*>(trainer.c_str())};
    for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);

    catch_interrupts();
    const pid_t child = ::fork();
    if (child < 0) throw IoError(fmt::format("cannot start {}: {}", trainer, std::strerror(errno)));
    if (child == 0) {
        ::execv(trainer.c_str(), words.data());
        ::_exit(127);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
        if (interrupted()) ::kill(child, SIGINT);  // a signal sent to this process alone
    }
    if (WIFSIGNALED(status))
        throw Error(fmt::format("the trainer was killed by signal {}", WTERMSIG(status)));
    return WEXITSTATUS(status);
}

void require_trainer(const std::vector<std::string>& arguments) {
    const int code = run_trainer(arguments);
    if (code != 0) throw CLI::RuntimeError(code);
}

}  // namespace espalier::cli
