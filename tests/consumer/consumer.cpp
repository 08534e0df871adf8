// Builds a network, prunes it, writes it, reads it again and runs it; errors are caught across the library's
// border.
#include <espalier/data.h>
#include <espalier/error.h>
#include <espalier/experiment.h>
#include <espalier/lottery.h>
#include <espalier/models.h>
#include <espalier/onnx.h>
#include <espalier/report.h>
#include <espalier/runtime.h>
#include <espalier/safetensors.h>
#include <espalier/version.h>

#include <cmath>
#include <cstdio>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    espalier::Graph graph = espalier::models::build("lenet-300-100");
    espalier::experiment::cut(graph, {.target = {.sparsity = 0.9}});
    espalier::onnx::write(argv[1], graph);
    auto session = espalier::runtime::compile(espalier::onnx::read(argv[1]), {.threads = 1});
    espalier::NamedTensors inputs;
    inputs["input"] = espalier::Tensor(espalier::DType::f32, {2, 1, 28, 28});
    const std::vector<espalier::Tensor> outputs = session.run(inputs);
    if (outputs.size() != 1 || outputs[0].shape() != espalier::Shape{2, 10}) return 1;
    for (const float value : outputs[0].f32()) {
        if (!std::isfinite(value)) return 1;
    }
    try {
        espalier::models::build("lenet-300-10");
        return 1;
    } catch (const espalier::InvalidArgument& error) {
        std::printf("%s\n", error.what());
    }
    std::printf("espalier %s: %zu layers\n", ESPALIER_VERSION_TEXT, session.profile().size());
    return 0;
}
