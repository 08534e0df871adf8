#include <csignal>
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

}  // namespace

const std::atomic<bool>& interrupted() { return interrupted_flag; }

void catch_interrupts() {
    struct sigaction action {};  // without SA_RESTART: a wait has to end so that the flag is seen
    action.sa_handler = [](int) { interrupted_flag = true; };
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
}

int run_program(const std::string& program, const std::string& about, const Table<Verb>& verbs, int argc,
                char** argv) {
    CLI::App app(about, program);
    app.set_version_flag("--version", "espalier " ESPALIER_VERSION);
    app.require_subcommand(1);
    app.failure_message(CLI::FailureMessage::simple);
    for (const Verb* verb : verbs) {
        CLI::App* command = app.add_subcommand(std::string(verb->name), std::string(verb->summary));
        command->footer("Example:\n  " + std::string(verb->example));
        verb->define(*command);
    }
    try {
        app.parse(argc, argv);
        return 0;
    } catch (const CLI::Success& success) {
        return app.exit(success);
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
