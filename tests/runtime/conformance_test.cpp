// The ONNX project's own cases of single operators (Debian: libonnx-testdata): the runtime gives the outputs
// that come with them, from weights that are fed as well as from constant ones.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "espalier/error.h"
#include "espalier/onnx.h"
#include "espalier/runtime.h"
#include "onnx/tensor_proto.h"

namespace espalier {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kFamilies = {"test_conv_",
                                            "test_basic_conv_",
                                            "test_batchnorm_",
                                            "test_maxpool_",
                                            "test_averagepool_",
                                            "test_globalaveragepool",
                                            "test_clip",
                                            "test_erf",
                                            "test_transpose_",
                                            "test_reshape_",
                                            "test_reduce_mean_",
                                            "test_layer_normalization_",
                                            "test_dropout_default",
                                            "test_mul",
                                            "test_div",
                                            "test_add",
                                            "test_relu",
                                            "test_softmax_",
                                            "test_flatten_",
                                            "test_matmul_",
                                            "test_gemm_",
                                            "test_identity"};

/// Cases that do not apply, by what is missing. A * stands for any text.
const std::map<std::string, std::vector<std::string>> kNotApplicable = {
    {"images of one or three axes",
     {"test_averagepool_1d_default", "test_averagepool_3d_default", "test_maxpool_1d_default",
      "test_maxpool_3d_default"}},
    {"training mode", {"test_batchnorm_epsilon_training_mode", "test_batchnorm_example_training_mode"}},
    {"other types than f32",
     {"test_add_uint8", "test_clip_default_int8_inbounds", "test_clip_default_int8_max",
      "test_clip_default_int8_min", "test_div_uint8", "test_identity_opt", "test_identity_sequence",
      "test_maxpool_2d_uint8", "test_mul_uint8"}},
    {"a Reshape to nothing", {"test_reshape_allowzero_reordered"}},
    {"operators that the graph does not know",
     {"test_layer_normalization_*_expanded", "test_softmax_*_expanded"}},
};

fs::path node_folder() {
    const char* given = std::getenv("ESPALIER_ONNX_TESTDATA");
    return fs::path(given != nullptr ? given : "/usr/share/libonnx-testdata/data") / "node";
}

std::vector<std::string> case_names() {
    std::vector<std::string> names;
    if (!fs::exists(node_folder())) return names;
    for (const auto& entry : fs::directory_iterator(node_folder())) {
        const std::string name = entry.path().filename();
        if (std::ranges::any_of(kFamilies, [&](const auto& family) { return name.starts_with(family); }))
            names.push_back(name);
    }
    std::ranges::sort(names);
    return names;
}

/// The model with the first output only (not the indices of a MaxPool, the mask of a Dropout, the mean of a
/// LayerNormalization), and of opset 7 at least: GlobalAveragePool is what it was in opset 1.
Graph read_model(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    onnx::pb::ModelProto model;
    EXPECT_TRUE(model.ParseFromIstream(&file)) << path;
    onnx::pb::GraphProto& graph = *model.mutable_graph();
    if (graph.node_size() == 1) {
        auto& outputs = *graph.mutable_node(0)->mutable_output();
        outputs.DeleteSubrange(1, outputs.size() - 1);
        graph.mutable_output()->DeleteSubrange(1, graph.output_size() - 1);
    }
    for (auto& opset : *model.mutable_opset_import())
        if (graph.node(0).op_type() == "GlobalAveragePool")
            opset.set_version(std::max<std::int64_t>(7, opset.version()));
    const std::string bytes = model.SerializeAsString();
    return onnx::from_bytes(std::as_bytes(std::span(bytes)));
}

Tensor read_tensor(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    onnx::pb::TensorProto proto;
    EXPECT_TRUE(proto.ParseFromString(bytes)) << path;
    return onnx::to_tensor(proto);
}

std::vector<Tensor> read_tensors(const fs::path& folder, const std::string& kind) {
    std::vector<Tensor> tensors;
    for (int i = 0;; ++i) {
        const fs::path path = folder / "test_data_set_0" / (kind + "_" + std::to_string(i) + ".pb");
        if (!fs::exists(path)) return tensors;
        tensors.push_back(read_tensor(path));
    }
}

void expect_near(const Tensor& got, const Tensor& expected) {
    ASSERT_EQ(got.shape(), expected.shape());
    for (std::size_t i = 0; i < expected.f32().size(); ++i) {
        const float wanted = expected.f32()[i];
        ASSERT_NEAR(got.f32()[i], wanted, 1e-5F + 1e-4F * std::abs(wanted)) << "element " << i;
    }
}

/// Inputs from `first` on become initialisers, as do integers, which the runtime takes as constants only.
void make_constant(Graph& graph, NamedTensors& inputs, std::size_t first) {
    for (std::size_t i = graph.inputs.size(); i-- > 0;) {
        const std::string name = graph.inputs[i].name;
        if (i < first && graph.inputs[i].type.dtype == DType::f32) continue;
        graph.initializers[name] = inputs.at(name);
        inputs.erase(name);
        graph.inputs.erase(graph.inputs.begin() + static_cast<std::ptrdiff_t>(i));
    }
    // Shapes that a constant now says.
    const auto types = infer_types(graph);
    for (Value& output : graph.outputs) output.type = types.at(output.name);
}

void run_case(const std::string& name, bool constant) {
    const fs::path folder = node_folder() / name;
    Graph graph = read_model(folder / "model.onnx");
    const std::vector<Tensor> given = read_tensors(folder, "input");
    const std::vector<Tensor> expected = read_tensors(folder, "output");
    NamedTensors inputs;
    for (std::size_t i = 0; i < graph.inputs.size(); ++i) inputs[graph.inputs[i].name] = given.at(i);
    make_constant(graph, inputs, constant ? 1 : graph.inputs.size());
    const auto outputs = runtime::compile(graph, {.threads = 2}).run(inputs);
    ASSERT_EQ(outputs.size(), 1U);
    expect_near(outputs[0], expected.at(0));
}

bool fits(const std::string& name, const std::string& pattern) {
    const std::size_t star = pattern.find('*');
    if (star == std::string::npos) return name == pattern;
    return name.starts_with(pattern.substr(0, star)) && name.ends_with(pattern.substr(star + 1));
}

std::string reason_not_applicable(const std::string& name) {
    for (const auto& [reason, patterns] : kNotApplicable) {
        if (std::ranges::any_of(patterns, [&](const auto& pattern) { return fits(name, pattern); }))
            return reason;
    }
    return {};
}

class OnnxCase : public testing::TestWithParam<std::string> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(OnnxCase);  // without libonnx-testdata there are none

TEST_P(OnnxCase, GivesItsOutputs) {
    const std::string reason = reason_not_applicable(GetParam());
    for (const bool constant : {false, true}) {
        SCOPED_TRACE(constant ? "constant weights" : "weights that are fed");
        if (reason.empty()) {
            EXPECT_NO_THROW(run_case(GetParam(), constant));
        } else {
            EXPECT_THROW(run_case(GetParam(), constant), Unsupported) << "applies now: " << reason;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, OnnxCase, testing::ValuesIn(case_names()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace espalier
