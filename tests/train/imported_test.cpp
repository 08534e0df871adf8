// Networks exported from elsewhere, NAME.onnx beside NAME.npz with an input and its output (tools/ has
// scripts that make them), in the folder that ESPALIER_MODELS names: the trainer gives the same output, and
// one step of gradient descent changes every parameter.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/files.h"
#include "espalier/onnx.h"
#include "tensor/npy.h"
#include "tensor/zip.h"
#include "train/executor/executor.h"

namespace espalier::train {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> model_paths() {
    const char* folder = std::getenv("ESPALIER_MODELS");
    std::vector<std::string> paths;
    if (folder == nullptr) return paths;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() == ".onnx") paths.push_back(entry.path().string());
    }
    std::ranges::sort(paths);
    return paths;
}

struct Example {
    at::Tensor input;
    at::Tensor output;
};

Example read_example(const fs::path& model) {
    const auto bytes = read_file(fs::path(model).replace_extension(".npz"));
    const ZipReader archive(std::as_bytes(std::span(bytes)));
    const auto entry = [&](const char* name) { return to_torch(parse_npy(archive.read(name))); };
    return {entry("input.npy"), entry("output.npy")};
}

/// Cross-entropy against class i for example i; the mean square of what is not classes.
at::Tensor loss_of(const at::Tensor& output) {
    if (output.dim() != 2) return (output * output).mean();
    const at::Tensor labels = at::arange(output.size(0), at::kLong).remainder(output.size(1)).unsqueeze(1);
    return -at::log_softmax(output, 1).gather(1, labels).mean();
}

/// Names of the parameters that the step leaves as they are.
std::vector<std::string> untouched_by_a_step(Executor& executor, const at::Tensor& input) {
    const Weights before = executor.weights();
    loss_of(executor.forward(input, {.training = true, .seed = 1})).backward();
    std::vector<std::string> untouched;
    for (auto& [name, parameter] : executor.parameters()) {
        const at::NoGradGuard no_grad;
        const at::Tensor gradient = parameter.grad();
        // As far as the largest of its gradients moves a weight that a float can tell.
        if (gradient.defined()) parameter.sub_(gradient * (0.01 / (gradient.abs().max() + 1e-30)));
        if (from_torch(parameter) == before.at(name)) untouched.push_back(name);
    }
    return untouched;
}

class Imported : public testing::TestWithParam<std::string> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Imported);

TEST_P(Imported, GivesItsOutputAndTrains) {
    translate([&] {
        const Graph graph = onnx::read(GetParam());
        const Example example = read_example(GetParam());
        Executor executor(graph, {});
        {
            const at::NoGradGuard no_grad;
            const at::Tensor output = executor.forward(example.input);
            ASSERT_EQ(output.sizes(), example.output.sizes());
            const double largest = example.output.abs().max().item<double>();
            EXPECT_LE((output - example.output).abs().max().item<double>(), 1e-4 * largest);
        }
        EXPECT_FALSE(executor.parameters().empty());
        EXPECT_EQ(untouched_by_a_step(executor, example.input), std::vector<std::string>());
    });
}

INSTANTIATE_TEST_SUITE_P(All, Imported, testing::ValuesIn(model_paths()), [](const auto& info) {
    std::string name = fs::path(info.param).stem().string();
    std::ranges::replace_if(
        name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
    return name;
});

TEST(ImportedNetworks, AreThere) {
    if (std::getenv("ESPALIER_MODELS") == nullptr)
        GTEST_SKIP() << "ESPALIER_MODELS names no folder with exported networks";
    EXPECT_FALSE(model_paths().empty());
}

}  // namespace
}  // namespace espalier::train
