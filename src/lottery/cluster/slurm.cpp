#include "lottery/cluster/slurm.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>
#include <sstream>

#include "espalier/error.h"

namespace espalier::lottery {
namespace {

constexpr int kNotThere = 127;

[[noreturn]] void become(const std::vector<char*>& words, int out, int err) {
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    ::execvp(words[0], words.data());
    ::_exit(kNotThere);
}

/// Both to their ends, whichever is written first.
void read_both(std::array<int, 2> ends, std::array<std::string, 2>& texts) {
    std::array<pollfd, 2> polled = {{{ends[0], POLLIN, 0}, {ends[1], POLLIN, 0}}};
    while (polled[0].fd >= 0 || polled[1].fd >= 0) {
        if (::poll(polled.data(), polled.size(), -1) < 0) continue;  // a signal
        for (std::size_t i = 0; i < polled.size(); ++i) {
            if (polled[i].revents == 0) continue;
            std::array<char, 4096> bytes;
            const ssize_t got = ::read(ends[i], bytes.data(), bytes.size());
            if (got > 0) texts[i].append(bytes.data(), static_cast<std::size_t>(got));
            if (got == 0 || (got < 0 && errno != EINTR)) polled[i].fd = -1;
        }
    }
}

[[noreturn]] void refuse(const std::vector<std::string>& words, const CommandResult& result) {
    if (result.code == kNotThere)
        throw Unsupported(fmt::format("{} is not there: this machine has no Slurm", words[0]));
    throw Error(fmt::format(
        "Slurm refused: {}",
        result.errors.empty() ? fmt::format("{} ended with code {}", words[0], result.code) : result.errors));
}

/// "4:30" as {4, 30}; nothing if something in it is no number.
std::optional<std::vector<std::int64_t>> numbers_of(const std::string& text) {
    std::vector<std::int64_t> numbers;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, ':');) {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
        if (error != std::errc() || end != part.data() + part.size()) return {};
        numbers.push_back(number);
    }
    return numbers;
}

/// Of a limit as sbatch takes it: M, M:S, H:M:S, D-H, D-H:M or D-H:M:S. Nothing for another text, which is
/// Slurm's to refuse ("UNLIMITED" it takes).
std::optional<std::int64_t> seconds_of(const std::string& limit) {
    const std::size_t dash = limit.find('-');
    const bool has_days = dash != std::string::npos;
    const auto days = numbers_of(has_days ? limit.substr(0, dash) : "0");
    auto rest = numbers_of(has_days ? limit.substr(dash + 1) : limit);
    if (!days || !rest || days->size() != 1 || rest->empty() || rest->size() > 3) return {};
    if (!has_days && rest->size() < 3) rest->insert(rest->begin(), 0);  // no hours
    rest->resize(3);
    return days->front() * 86'400 + (*rest)[0] * 3600 + (*rest)[1] * 60 + (*rest)[2];
}

}  // namespace

void require_enough_time(const std::vector<std::string>& options) {
    for (const std::string& option : options) {
        for (const std::string prefix : {"--time=", "-t"}) {
            if (!option.starts_with(prefix)) continue;
            const auto seconds = seconds_of(option.substr(prefix.size()));
            if (!seconds || *seconds == 0 || *seconds > kSecondsBeforeLimit) continue;  // 0: no limit
            throw InvalidArgument(
                fmt::format("{}: a task is told {} s before its time limit and then queued again; expected "
                            "more than that",
                            option, kSecondsBeforeLimit));
        }
    }
}

CommandResult run_command(const std::vector<std::string>& words) {
    std::array<int, 2> out{};
    std::array<int, 2> err{};
    if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(err.data(), O_CLOEXEC) != 0)
        throw IoError(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const pid_t child = ::fork();
    if (child == 0) become(arguments, out[1], err[1]);
    ::close(out[1]);
    ::close(err[1]);
    std::array<std::string, 2> texts;
    if (child > 0) read_both({out[0], err[0]}, texts);
    ::close(out[0]);
    ::close(err[0]);
    if (child < 0) throw IoError(fmt::format("cannot start {}: {}", words[0], std::strerror(errno)));
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return {.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
            .output = texts[0],
            .errors = texts[1].substr(0, texts[1].find('\n'))};
}

std::vector<std::string> sbatch_words(const SlurmJob& job) {
    std::vector<std::string> words = {"sbatch",
                                      "--parsable",
                                      "--requeue",
                                      "--open-mode=append",
                                      "--ntasks=1",
                                      "--cpus-per-task=1",
                                      "--job-name=" + job.name,
                                      "--output=" + job.output};
    if (job.is_told_of_limit) words.push_back(fmt::format("--signal=B:USR1@{}", kSecondsBeforeLimit));
    if (job.tasks > 1 || job.output.find("%a") != std::string::npos)
        words.push_back(fmt::format("--array=0-{}", job.tasks - 1));
    if (job.after) words.push_back(fmt::format("--dependency=afterany:{}", *job.after));
    words.insert(words.end(), job.options.begin(), job.options.end());
    words.push_back(job.script);
    return words;
}

std::int64_t submit(const SlurmJob& job) {
    const std::vector<std::string> words = sbatch_words(job);
    const CommandResult result = run_command(words);
    if (result.code != 0) refuse(words, result);
    std::int64_t number = 0;  // "12" or "12;cluster"
    const std::string& text = result.output;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc())
        throw Error(fmt::format("sbatch answered \"{}\", expected a job's number", text));
    return number;
}

std::string queued(const std::vector<std::int64_t>& jobs) {
    if (jobs.empty()) return "";
    const std::vector<std::string> words = {"squeue", "--noheader", "--array", "--format=%T",
                                            fmt::format("--jobs={}", fmt::join(jobs, ","))};
    const CommandResult result = run_command(words);
    // Slurm forgets jobs that ended long ago, and says so by an error.
    if (result.code != 0 && result.errors.find("Invalid job id") != std::string::npos) return "";
    if (result.code != 0) refuse(words, result);
    std::map<std::string, int> states;
    std::istringstream in(result.output);
    for (std::string state; in >> state;) {
        std::ranges::transform(state, state.begin(), [](unsigned char c) { return std::tolower(c); });
        ++states[state];
    }
    std::vector<std::string> parts;
    for (const auto& [state, count] : states) parts.push_back(fmt::format("{} {}", count, state));
    return fmt::format("{}", fmt::join(parts, ", "));
}

void cancel(const std::vector<std::int64_t>& jobs) {
    std::vector<std::string> words = {"scancel"};
    for (const std::int64_t job : jobs) words.push_back(std::to_string(job));
    if (!jobs.empty()) run_command(words);
}

}  // namespace espalier::lottery
