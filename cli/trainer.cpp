#include "cli/trainer.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "cli/verb.h"
#include "espalier/error.h"

namespace espalier::cli {
namespace {

std::string trainer_path() {
    return std::filesystem::path(own_path()).replace_filename("espalier-train").string();
}

}  // namespace

std::string own_path() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

bool has_trainer() { return std::filesystem::exists(trainer_path()); }

int run_trainer(const std::vector<std::string>& arguments) {
    const std::string trainer = trainer_path();
    if (!has_trainer()) {
        throw Unsupported(
            fmt::format("{} is not there: this build has no trainer (preset runtime)", trainer));
    }
    std::vector<char*> words = {const_cast<char*>(trainer.c_str())};
    for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);

    catch_interrupts();
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) throw IoError(fmt::format("cannot start {}: {}", trainer, std::strerror(errno)));
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG,
                SIGKILL);  // a trainer without its parent would meet the next one in the run
        if (::getppid() != parent) ::_exit(1);  // the parent died before the line above
        ::execv(trainer.c_str(), words.data());
        ::_exit(1);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            throw IoError(fmt::format("cannot wait for {}: {}", trainer, std::strerror(errno)));
        if (interrupted()) ::kill(child, SIGINT);  // a signal sent to this process alone
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE) end_unread();
    if (WIFSIGNALED(status))
        throw Error(fmt::format("the trainer was killed by signal {}", WTERMSIG(status)));
    const int code = WEXITSTATUS(status);
    if (code > 2) throw Error(fmt::format("{} could not run: exit code {}", trainer, code));
    return code;
}

void require_trainer(const std::vector<std::string>& arguments) {
    const int code = run_trainer(arguments);
    if (code != 0) throw CLI::RuntimeError(code);
}

}  // namespace espalier::cli
