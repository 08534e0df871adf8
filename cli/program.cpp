#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <iostream>

#include "cli/verb.h"
#include "espalier/error.h"

namespace espalier::cli {
namespace {

std::atomic<bool> interrupted_flag{false};

int fail(const std::exception& error, int code) {
    std::cerr << "espalier: " << error.what() << '\n';
    return code;
}

void set_flag_on(int signal) {
    struct sigaction action {};  // without SA_RESTART: a wait has to end so that the flag is seen
    action.sa_handler = [](int) { interrupted_flag = true; };
    ::sigaction(signal, &action, nullptr);
}

/// What was printed has to have been written: a full disk is a failure, a reader that has gone is none.
int finish_output() {
    if (std::cout.flush()) return 0;
    const int error = errno != 0 ? errno : EIO;
    pollfd output{STDOUT_FILENO, POLLOUT, 0};
    if (::poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0) end_unread();
    std::cerr << "espalier: cannot write to standard output: " << std::strerror(error) << '\n';
    return 1;
}

/// "espalier: model is required (espalier inspect --help)"
std::string one_line(const CLI::App* app, const CLI::Error& error) {
    std::string command = "espalier";
    for (const CLI::App* verb : app->get_subcommands()) command += " " + verb->get_name();
    // CLI11 writes out the 309 digits of the largest double as the end of an open range.
    std::string text = error.what();
    const std::size_t end = text.find(" to 1797693134862315");
    if (end != std::string::npos)
        text.replace(end, text.find_first_not_of("0123456789.", end + 4) - end, " on");
    return fmt::format("espalier: {} ({} --help)\n", text, command);
}

void check_verb(const Table<Verb>& verbs, int argc, char** argv) {
    if (argc < 2)
        throw InvalidArgument(fmt::format("expected a verb, one of {}", fmt::join(verbs.names(), ", ")));
    const std::string first = argv[1];
    if (first.starts_with('-') || verbs.find(first) != nullptr) return;
    throw InvalidArgument(
        fmt::format("verb \"{}\"{} (espalier --help)", first, unknown_hint(first, verbs.names())));
}

}  // namespace

const std::atomic<bool>& interrupted() { return interrupted_flag; }

void catch_interrupts() {
    set_flag_on(SIGINT);
    catch_termination();
}

void catch_termination() { set_flag_on(SIGTERM); }

void end_unread() {
    std::signal(SIGPIPE, SIG_DFL);  // whoever started this process may have had it ignored
    std::raise(SIGPIPE);
    ::_exit(128 + SIGPIPE);  // it is blocked
}

int run_program(const std::string& program, const std::string& about, const Table<Verb>& verbs, int argc,
                char** argv) {
    CLI::App app(about, program);
    app.set_version_flag("--version", "espalier " ESPALIER_VERSION);
    app.require_subcommand(1);
    app.failure_message(one_line);
    for (const Verb* verb : verbs) {
        CLI::App* command = app.add_subcommand(std::string(verb->name), std::string(verb->summary));
        command->footer("Example:\n  " + std::string(verb->example));
        verb->define(*command);
    }
    try {
        check_verb(verbs, argc, argv);
        app.parse(argc, argv);
        return finish_output();
    } catch (const CLI::Success& success) {
        app.exit(success);
        return finish_output();
    } catch (const CLI::RuntimeError& error) {
        return error.get_exit_code();  // of the trainer, which has said why
    } catch (const CLI::ParseError& error) {
        app.exit(error);
        return 2;
    } catch (const BadRecipe& error) {
        // The text starts with FILE:LINE, as compilers do, so that editors can jump there.
        std::cerr << error.what() << '\n';
        return 2;
    } catch (const InvalidArgument& error) {
        return fail(error, 2);
    } catch (const std::bad_alloc&) {
        return fail(OutOfMemory("memory ran out"), 1);
    } catch (const std::exception& error) {
        return fail(error, 1);
    }
}

}  // namespace espalier::cli
