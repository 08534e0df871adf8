// The lottery-ticket protocol of LeNet-300-100 (20 % a round to 1.2 %, a reinitialised control at every
// level) on random images of Fashion-MNIST's size, as `espalier ticket` runs it: stages in worker processes,
// one core each, checkpoints, files and store included. Shortened are the trainings, from 50 epochs to 8,
// which makes everything but training weigh more, and the replicates, from 5 to 2. After every epoch 10,000
// examples are evaluated, and 20,000 to 30,000 more at the end of a training. An epoch is 60,000 examples.
//
//   bench_ticket [--json] [--jobs N]
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "base/threads/parallel.h"
#include "espalier/lottery.h"
#include "lottery/processes/pool.h"
#include "train/libtorch/start.h"

namespace {

using namespace espalier;
namespace fs = std::filesystem;

constexpr double kExamplesOfAnEpoch = 60000;

constexpr const char* kRecipe = R"(
[data]
dataset = "fashion-mnist"
path = "{}"
validation = 10000
[train]
steps = "8ep"
batch_size = 128
[prune]
rounds = 20
rate = 0.2
output_layer_rate = 0.1
[retrain]
mode = "reset"
[experiment]
replicates = 2
controls = ["reinitialize"]
evaluate_every = "1ep"
)";

void write_big_endian(std::ofstream& file, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) file.put(static_cast<char>(value >> shift & 0xff));
}

void write_idx(const fs::path& path, const std::vector<std::uint32_t>& dims, Random& random,
               std::uint32_t below) {
    std::ofstream file(path, std::ios::binary);
    file.write("\0\0\x08", 3);
    file.put(static_cast<char>(dims.size()));
    std::size_t count = 1;
    for (const std::uint32_t dim : dims) {
        write_big_endian(file, dim);
        count *= dim;
    }
    std::string bytes(count, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.below(below));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void write_data(const fs::path& folder) {
    fs::create_directories(folder);
    Random random(1, "bench");
    for (const auto& [part, count] : {std::pair("train", 60000U), {"t10k", 10000U}}) {
        write_idx(folder / fmt::format("{}-images-idx3-ubyte", part), {count, 28, 28}, random, 256);
        write_idx(folder / fmt::format("{}-labels-idx1-ubyte", part), {count}, random, 10);
    }
}

}  // namespace

int main(int argc, char** argv) try {
    train::start(argv);
    bool json = false;
    int jobs = core_count();
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--json") == 0) json = true;
        if (std::strcmp(argv[i], "--jobs") == 0 && i + 1 < argc) jobs = std::atoi(argv[++i]);
    }
    const fs::path folder = fs::temp_directory_path() / fmt::format("espalier-bench-{}", ::getpid());
    write_data(folder / "data");
    const std::string text = fmt::format(kRecipe, (folder / "data").string());
    const Recipe recipe = Recipe::from_text(text, "bench.toml");
    const data::Dataset dataset = data::load(lottery::source_of(recipe));
    const auto stages = lottery::plan(recipe, dataset);
    const fs::path trainer = fs::read_symlink("/proc/self/exe").replace_filename("espalier-train");
    nlohmann::ordered_json out;
    {
        store::Run run = store::Run::create(folder / "run", recipe.resolved());
        const auto start = std::chrono::steady_clock::now();
        lottery::run_all(stages, recipe, run,
                         {.jobs = jobs,
                          .worker = {trainer.string(), "worker", (folder / "run").string()},
                          .on_change = {}});
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        struct Sum {
            double epochs = 0;
            double seconds = 0;
        };
        Sum total;
        std::map<int, Sum> levels;
        for (const store::Stage& stage : run.stages()) {
            const double epochs =
                static_cast<double>((stage.last_step - stage.first_step) * recipe.train.batch_size) /
                kExamplesOfAnEpoch;
            total.epochs += epochs;
            levels[stage.level].epochs += epochs;
            levels[stage.level].seconds += stage.seconds / jobs;
        }
        out = {{"epochs", total.epochs},
               {"seconds", seconds},
               {"seconds_an_epoch", seconds / total.epochs},
               {"jobs", jobs}};
        for (const auto& [level, sum] : levels)
            out["levels"].push_back({{"level", level}, {"epochs", sum.epochs}, {"seconds", sum.seconds}});
    }
    fs::remove_all(folder);
    if (json) {
        std::cout << out.dump(2) << '\n';
    } else {
        std::cout << fmt::format("{:.0f} epochs in {:.1f} s with {} jobs: {:.3f} s an epoch\n",
                                 out["epochs"].get<double>(), out["seconds"].get<double>(), jobs,
                                 out["seconds_an_epoch"].get<double>());
        for (const auto& level : out["levels"])
            std::cout << fmt::format("  level {:2} {:.3f} s an epoch\n", level["level"].get<int>(),
                                     level["seconds"].get<double>() / level["epochs"].get<double>());
    }
    return 0;
} catch (const std::exception& error) {
    std::cerr << "bench_ticket: " << error.what() << '\n';
    return 1;
}
