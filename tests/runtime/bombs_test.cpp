// Files of a few hundred bytes that ask for gigabytes (fuzz/bombs): each is read, compiled and run under a
// limit of 512 MB, and gives outputs or one clear error.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "espalier/error.h"
#include "espalier/onnx.h"
#include "espalier/runtime.h"
#include "espalier/surgery.h"

namespace espalier {
namespace {

constexpr rlim_t kLimit = rlim_t{512} << 20U;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimited = false;  // shadow memory is terabytes of addresses
#else
constexpr bool kLimited = true;
#endif

enum Outcome : int { ran = 0, refused = 1, broke = 2 };

std::vector<std::filesystem::path> bombs() {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(ESPALIER_SOURCE_DIR "/fuzz/bombs"))
        paths.push_back(entry.path());
    std::ranges::sort(paths);
    return paths;
}

NamedTensors inputs_of(const Graph& graph) {
    NamedTensors inputs;
    for (const Value& input : graph.inputs) {
        Shape shape;
        for (const Dim& dim : input.type.dims) shape.push_back(dim.size());
        inputs.insert_or_assign(input.name, Tensor(input.type.dtype, shape));
    }
    return inputs;
}

int use(const std::filesystem::path& path, bool simplified) try {
    Graph graph = onnx::read(path);
    if (simplified) surgery::simplify(graph);
    runtime::Session session = runtime::compile(graph, {.threads = 1});
    session.run(inputs_of(graph));
    return ran;
} catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return std::string(error.what()).find('\n') == std::string::npos ? refused : broke;
} catch (const std::exception& error) {
    std::cerr << "not an espalier::Error: " << error.what() << '\n';
    return broke;
}

/// In a process of its own; -1 if a signal ended it.
int outcome_of(const std::filesystem::path& path, bool simplified) {
    const pid_t child = fork();
    if (child == 0) {
        const rlimit limit{kLimit, kLimit};
        if (setrlimit(RLIMIT_AS, &limit) != 0) _exit(broke);
        _exit(use(path, simplified));
    }
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Bombs, AreRunOrRefusedInLittleMemory) {
    if (!kLimited) GTEST_SKIP() << "a sanitizer's shadow memory takes more addresses than the limit has";
    ASSERT_GE(bombs().size(), 15U);
    for (const auto& path : bombs()) {
        for (const bool simplified : {false, true}) {
            SCOPED_TRACE(path.filename().string() + (simplified ? ", simplified" : ""));
            const int outcome = outcome_of(path, simplified);
            EXPECT_TRUE(outcome == ran || outcome == refused) << outcome;
        }
    }
}

}  // namespace
}  // namespace espalier
