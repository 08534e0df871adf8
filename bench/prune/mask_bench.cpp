// How long masks take over 100,663,296 weights in 24 tensors, as a multiple of one pass that only sums the
// absolute weights, and how much memory they take beside the weights. Everything is measured in one run, in
// turns; medians.
//
//     ./dev bench prune [--json] [repetitions]
//
// Prints JSON. ratio_to_sum_pass and extra_memory_fraction are those of the global magnitude mask at 90 %.
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/random.h"
#include "base/threads/parallel.h"
#include "espalier/prune.h"
#include "sum_pass.h"

namespace {

std::atomic<std::int64_t> in_use = 0;
std::atomic<std::int64_t> peak = 0;

}  // namespace

// Counts what is allocated, results included.
void* operator new(std::size_t size) {
    void* const memory = std::malloc(size);
    if (memory == nullptr) throw std::bad_alloc();
    const std::int64_t now = in_use += static_cast<std::int64_t>(malloc_usable_size(memory));
    std::int64_t highest = peak;
    while (now > highest && !peak.compare_exchange_weak(highest, now)) {
    }
    return memory;
}
void operator delete(void* memory) noexcept {
    if (memory != nullptr) in_use -= static_cast<std::int64_t>(malloc_usable_size(memory));
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace espalier::prune {
namespace {

constexpr std::int64_t kTensors = 24;
constexpr std::int64_t kSide = 2048;

double milliseconds(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

std::vector<std::vector<float>> weights() {
    std::vector<std::vector<float>> tensors;
    for (std::int64_t t = 0; t < kTensors; ++t) {
        std::vector<float> tensor(kSide * kSide);
        parallel_for(kSide, 0, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t row = begin; row < end; ++row) {
                Random random(static_cast<std::uint64_t>(row), fmt::format("weights/{}", t));
                for (std::int64_t i = 0; i < kSide; ++i)
                    tensor[static_cast<std::size_t>(row * kSide + i)] = random.normal();
            }
        });
        tensors.push_back(std::move(tensor));
    }
    return tensors;
}

struct Case {
    const char* name;
    const char* granularity;
    const char* scope;
    Target target;
    std::vector<double> times = {};
    double memory = 0;
    double density = 0;
};

void run(int repetitions) {
    const auto tensors = weights();
    Request request;
    for (const auto& tensor : tensors) {
        const std::string name = fmt::format("layer{}.weight", request.weights.size());
        request.weights.push_back({.name = name, .shape = {kSide, kSide}, .weight = tensor});
    }
    std::vector<Case> cases = {{"global", "element", "global", {.sparsity = 0.9}},
                               {"layer-wise", "element", "layer-wise", {.sparsity = 0.9}},
                               {"2:4", "2:4", "layer-wise", {.sparsity = 0.5}},
                               {"block 4x1", "block 4x1", "global", {.sparsity = 0.9}}};
    const auto bytes = static_cast<double>(kTensors * kSide * kSide) * sizeof(float);
    std::vector<double> sum_times;
    double sum = 0;
    for (int repetition = 0; repetition <= repetitions; ++repetition) {  // the first one warms up
        const double sum_time = milliseconds([&] { sum += sum_of_sizes(tensors); });
        if (repetition > 0) sum_times.push_back(sum_time);
        for (Case& each : cases) {
            request.granularity = each.granularity;
            request.scope = each.scope;
            request.target = each.target;
            const std::int64_t before = in_use;
            peak = before;
            Plan result;
            const double time = milliseconds([&] { result = plan(request); });
            each.memory = std::max(each.memory, static_cast<double>(peak - before) / bytes);
            each.density = result.masks.density();
            if (repetition > 0) each.times.push_back(time);
        }
    }
    const double base = median(sum_times);
    fmt::print("{{\"weights\": {}, \"tensors\": {}, \"threads\": {}, \"sum_pass_ms\": {:.2f},\n",
               kTensors * kSide * kSide, kTensors, core_count(), base);
    fmt::print(" \"ratio_to_sum_pass\": {:.2f}, \"extra_memory_fraction\": {:.4f},\n",
               median(cases[0].times) / base, cases[0].memory);
    fmt::print(" \"masks\": {{");
    for (const Case& each : cases) {
        const auto [least, most] = std::ranges::minmax(each.times);
        fmt::print(
            "{}\n  \"{}\": {{\"ratio_to_sum_pass\": {:.2f}, \"ms\": {:.1f}, \"ms_least\": {:.1f}, "
            "\"ms_most\": "
            "{:.1f}, \"extra_memory_fraction\": {:.4f}, \"density\": {}}}",
            &each == cases.data() ? "" : ",", each.name, median(each.times) / base, median(each.times), least,
            most, each.memory, each.density);
    }
    fmt::print("\n }},\n \"sum\": {:.3e}}}\n", sum);
}

}  // namespace
}  // namespace espalier::prune

int main(int argc, char** argv) {
    // JSON is all it prints, so --json is taken and changes nothing.
    const char* const last = argc > 1 ? argv[argc - 1] : "--json";
    espalier::prune::run(std::strcmp(last, "--json") == 0 ? 7 : std::max(1, std::atoi(last)));
    return 0;
}
