// A child process that is talked to in lines, with shell scripts for workers.
#include "lottery/processes/worker_process.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/files.h"
#include "base/temporary_folder.h"

namespace espalier::lottery {
namespace {

WorkerProcess shell(const std::string& script) { return WorkerProcess({"/bin/sh", "-c", script}); }

/// The next lines, waited for; nothing at the end of output or after ten seconds.
std::vector<std::string> next_lines(WorkerProcess& process) {
    for (;;) {
        pollfd output{process.output(), POLLIN, 0};
        if (::poll(&output, 1, 10'000) <= 0) return {};
        const auto lines = process.receive();
        if (!lines || !lines->empty()) return lines.value_or(std::vector<std::string>());
    }
}

bool appears(const std::filesystem::path& path) {
    for (int i = 0; i < 500 && !std::filesystem::exists(path); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return std::filesystem::exists(path);
}

TEST(WorkerProcess, LinesGoThereAndBack) {
    WorkerProcess process = shell("while read line; do echo \"got $line\"; done");
    for (const char* line : {"a", "b c"}) {
        EXPECT_TRUE(process.send(line));
        EXPECT_EQ(next_lines(process), std::vector<std::string>{std::string("got ") + line});
    }
}

TEST(WorkerProcess, SaysHowTheChildEnded) {
    EXPECT_EQ(shell("exit 3").wait(), "exited with code 3");
    EXPECT_EQ(shell("kill -9 $$").wait(), "was killed by signal 9");
    EXPECT_EQ(WorkerProcess({"/no/such/program"}).wait(), "exited with code 127");
}

/// A signal that arrives meanwhile is no end.
TEST(WorkerProcess, WaitsThroughSignals) {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    struct sigaction before {};
    ::sigaction(SIGALRM, &action, &before);
    const itimerval often{{0, 20'000}, {0, 20'000}};
    ::setitimer(ITIMER_REAL, &often, nullptr);
    const std::string end = shell("sleep 0.2; exit 5").wait();
    const itimerval never{};
    ::setitimer(ITIMER_REAL, &never, nullptr);
    ::sigaction(SIGALRM, &before, nullptr);
    EXPECT_EQ(end, "exited with code 5");
}

TEST(WorkerProcess, SendingToAChildThatHasEndedRaisesNothing) {
    WorkerProcess process = shell("exec 0<&-; echo closed; sleep 5");
    EXPECT_EQ(next_lines(process), std::vector<std::string>{"closed"});
    EXPECT_FALSE(process.send("anything"));
}

TEST(WorkerProcess, InterruptsAreTheParents) {
    WorkerProcess process = shell("kill -INT $$; echo alive");
    EXPECT_EQ(next_lines(process), std::vector<std::string>{"alive"});
}

TEST(WorkerProcess, OutlivesTheThreadThatStartedIt) {
    std::optional<WorkerProcess> process;
    std::thread([&] {
        process.emplace(shell("while read line; do echo $line; done"));
        EXPECT_TRUE(process->send("begun"));
        EXPECT_EQ(next_lines(*process), std::vector<std::string>{"begun"});
    }).join();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_TRUE(process->send("there"));
    EXPECT_EQ(next_lines(*process), std::vector<std::string>{"there"});
}

TEST(WorkerProcess, ItsInputEndsWithTheParent) {
    const testing::TemporaryFolder folder;
    const pid_t parent = ::fork();
    if (parent == 0) {
        WorkerProcess process = shell("touch '" + (folder / "begun").string() + "'; read line; touch '" +
                                      (folder / "ended").string() + "'");
        for (;;) ::pause();
    }
    EXPECT_TRUE(appears(folder / "begun"));
    EXPECT_FALSE(std::filesystem::exists(folder / "ended"));
    ::kill(parent, SIGKILL);
    ::waitpid(parent, nullptr, 0);
    EXPECT_TRUE(appears(folder / "ended"));
}

TEST(WorkerProcess, IsAskedToEndWhenItGoes) {
    const testing::TemporaryFolder folder;
    {
        WorkerProcess process = shell("trap 'touch " + (folder / "asked").string() +
                                      "; exit' TERM; echo ready; while :; do sleep 0.02; done");
        EXPECT_EQ(next_lines(process), std::vector<std::string>{"ready"});
    }
    EXPECT_TRUE(std::filesystem::exists(folder / "asked"));
}

}  // namespace
}  // namespace espalier::lottery
