// c.h: what a C program does, and that bad input gives a status and a line.
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "espalier/c.h"
#include "espalier/models.h"
#include "espalier/onnx.h"
#include "espalier/runtime.h"

namespace {

using namespace espalier;

struct FreeGraph {
    void operator()(espalier_graph* graph) const { espalier_graph_free(graph); }
};
struct FreeSession {
    void operator()(espalier_session* session) const { espalier_session_free(session); }
};
using GraphHandle = std::unique_ptr<espalier_graph, FreeGraph>;
using SessionHandle = std::unique_ptr<espalier_session, FreeSession>;

GraphHandle load(const Graph& graph) {
    const std::string bytes = onnx::to_bytes(graph);
    espalier_graph* handle = nullptr;
    EXPECT_EQ(espalier_graph_from_bytes(bytes.data(), bytes.size(), &handle), ESPALIER_OK)
        << espalier_last_error();
    return GraphHandle(handle);
}

SessionHandle compile(const GraphHandle& graph, espalier_compile_options options = ESPALIER_COMPILE_OPTIONS) {
    options.threads = 1;
    options.tuning = ESPALIER_TUNING_NONE;
    espalier_session* session = nullptr;
    EXPECT_EQ(espalier_compile(graph.get(), &options, &session), ESPALIER_OK) << espalier_last_error();
    return SessionHandle(session);
}

void expect_error(espalier_status got, espalier_status expected, const std::string& text) {
    EXPECT_EQ(got, expected);
    EXPECT_NE(std::string(espalier_last_error()).find(text), std::string::npos) << espalier_last_error();
}

/// Of LeNet-300-100 for three examples.
struct Memory {
    std::vector<float> x = std::vector<float>(3 * 784, 0.5F);
    std::vector<float> y = std::vector<float>(3 * 10, -1.0F);
    std::array<std::int64_t, 4> x_shape{3, 1, 28, 28};
    std::array<std::int64_t, 2> y_shape{3, 10};
    espalier_tensor in{x.data(), x.size() * 4, ESPALIER_F32, 4, x_shape.data()};
    espalier_tensor out{y.data(), y.size() * 4, ESPALIER_F32, 2, y_shape.data()};
};

TEST(CApi, PrunesAndRunsAsCxxDoes) {
    Graph network = models::build("lenet-300-100");
    const GraphHandle graph = load(network);
    espalier_prune_options how = ESPALIER_PRUNE_OPTIONS;
    how.sparsity = 0.5;
    ASSERT_EQ(espalier_prune(graph.get(), &how), ESPALIER_OK) << espalier_last_error();
    std::int64_t prunable = 0, left = 0;
    ASSERT_EQ(espalier_graph_weights(graph.get(), &prunable, &left), ESPALIER_OK);
    EXPECT_EQ(prunable, 266200);
    EXPECT_EQ(left, 133100);

    const std::string path = testing::TempDir() + "c_api.onnx";
    ASSERT_EQ(espalier_graph_save(graph.get(), path.c_str()), ESPALIER_OK) << espalier_last_error();
    auto session =
        runtime::compile(onnx::read(path), {.threads = 1, .tuning = runtime::Options::Tuning::none});
    Memory memory;
    NamedTensors inputs;
    inputs["input"] = Tensor::of({3, 1, 28, 28}, memory.x);
    const std::vector<Tensor> expected = session.run(inputs);

    const SessionHandle own = compile(graph);
    ASSERT_EQ(espalier_run(own.get(), &memory.in, 1, &memory.out, 1), ESPALIER_OK) << espalier_last_error();
    EXPECT_EQ(std::memcmp(memory.y.data(), expected[0].f32().data(), memory.y.size() * 4), 0);

    espalier_session* shared = nullptr;
    ASSERT_EQ(espalier_session_share(own.get(), &shared), ESPALIER_OK);
    const SessionHandle other(shared);
    ASSERT_EQ(espalier_run(other.get(), &memory.in, 1, &memory.out, 1), ESPALIER_OK);
    EXPECT_EQ(std::memcmp(memory.y.data(), expected[0].f32().data(), memory.y.size() * 4), 0);
}

TEST(CApi, TellsInputsOutputsAndLayers) {
    const GraphHandle graph = load(models::build("lenet-300-100"));
    const SessionHandle session = compile(graph);
    EXPECT_EQ(espalier_session_inputs(session.get()), 1U);
    EXPECT_EQ(espalier_session_outputs(session.get()), 1U);
    EXPECT_EQ(espalier_session_layers(session.get()), 0U);
    espalier_value value{};
    ASSERT_EQ(espalier_session_input(session.get(), 0, &value), ESPALIER_OK);
    EXPECT_STREQ(value.name, "input");
    EXPECT_EQ(value.rank, 4U);
    EXPECT_EQ(value.shape[0], -1);
    EXPECT_EQ(value.shape[3], 28);
    Memory memory;
    memory.in.data = nullptr;
    ASSERT_EQ(espalier_session_prepare(session.get(), &memory.in, 1), ESPALIER_OK) << espalier_last_error();
    ASSERT_EQ(espalier_session_output(session.get(), 0, &value), ESPALIER_OK);
    EXPECT_EQ(value.dtype, ESPALIER_F32);
    EXPECT_EQ(std::vector<std::int64_t>(value.shape, value.shape + value.rank),
              (std::vector<std::int64_t>{3, 10}));
    ASSERT_GT(espalier_session_layers(session.get()), 0U);
    espalier_layer layer{};
    ASSERT_EQ(espalier_session_layer(session.get(), 0, &layer), ESPALIER_OK);
    EXPECT_NE(std::string(layer.kernel), "");
    expect_error(espalier_session_layer(session.get(), 1000, &layer), ESPALIER_INVALID_ARGUMENT,
                 "layer 1000");
    expect_error(espalier_session_input(session.get(), 1, &value), ESPALIER_INVALID_ARGUMENT, "there are 1");
}

TEST(CApi, RemovesFilters) {
    const GraphHandle graph = load(models::build("lenet-300-100"));
    espalier_prune_options how = ESPALIER_PRUNE_OPTIONS;
    how.sparsity = 0.5;
    how.granularity = "filter";
    how.remove = 1;
    ASSERT_EQ(espalier_prune(graph.get(), &how), ESPALIER_OK) << espalier_last_error();
    std::int64_t prunable = 0, left = 0;
    ASSERT_EQ(espalier_graph_weights(graph.get(), &prunable, &left), ESPALIER_OK);
    EXPECT_LT(prunable, 200000);
    EXPECT_EQ(prunable, left);
    how.granularity = "no such";
    expect_error(espalier_prune(graph.get(), &how), ESPALIER_INVALID_ARGUMENT, "no such");
}

TEST(CApi, RefusesBadArguments) {
    espalier_graph* none = nullptr;
    expect_error(espalier_graph_load(nullptr, &none), ESPALIER_INVALID_ARGUMENT, "path is NULL");
    expect_error(espalier_graph_load("/no/such/file.onnx", &none), ESPALIER_IO_ERROR, "/no/such/file.onnx");
    expect_error(espalier_graph_load("x.onnx", nullptr), ESPALIER_INVALID_ARGUMENT, "graph is NULL");
    expect_error(espalier_graph_from_bytes("garbage", 7, &none), ESPALIER_INVALID_MODEL, "");
    expect_error(espalier_graph_from_bytes(nullptr, 7, &none), ESPALIER_INVALID_ARGUMENT, "bytes is NULL");
    EXPECT_EQ(none, nullptr);
    expect_error(espalier_prune(nullptr, nullptr), ESPALIER_INVALID_ARGUMENT, "graph is NULL");
    expect_error(espalier_compile(nullptr, nullptr, nullptr), ESPALIER_INVALID_ARGUMENT, "graph is NULL");
    expect_error(espalier_run(nullptr, nullptr, 0, nullptr, 0), ESPALIER_INVALID_ARGUMENT, "session is NULL");
    EXPECT_EQ(espalier_session_inputs(nullptr), 0U);
    EXPECT_EQ(espalier_session_layers(nullptr), 0U);
    espalier_graph_free(nullptr);
    espalier_session_free(nullptr);
    EXPECT_STREQ(espalier_version(), ESPALIER_VERSION_TEXT);
}

TEST(CApi, RefusesOptionsOfAnotherVersion) {
    const GraphHandle graph = load(models::build("lenet-300-100"));
    espalier_prune_options how = ESPALIER_PRUNE_OPTIONS;
    how.size += 8;
    expect_error(espalier_prune(graph.get(), &how), ESPALIER_INVALID_ARGUMENT, "newer version");
    how = ESPALIER_PRUNE_OPTIONS;
    how.sparsity = std::numeric_limits<double>::quiet_NaN();
    expect_error(espalier_prune(graph.get(), &how), ESPALIER_INVALID_ARGUMENT, "");
    how.sparsity = 1.5;
    expect_error(espalier_prune(graph.get(), &how), ESPALIER_INVALID_ARGUMENT, "1.5");
    how = ESPALIER_PRUNE_OPTIONS;
    expect_error(espalier_prune(graph.get(), &how), ESPALIER_INVALID_ARGUMENT, "");
    espalier_compile_options options = ESPALIER_COMPILE_OPTIONS;
    espalier_session* session = nullptr;
    options.tuning = 9;
    expect_error(espalier_compile(graph.get(), &options, &session), ESPALIER_INVALID_ARGUMENT,
                 "espalier_tuning 9");
    options = ESPALIER_COMPILE_OPTIONS;
    options.threads = -1;
    expect_error(espalier_compile(graph.get(), &options, &session), ESPALIER_INVALID_ARGUMENT, "threads=-1");
    options.size = 0;
    expect_error(espalier_compile(graph.get(), &options, &session), ESPALIER_INVALID_ARGUMENT, "0 bytes");
    EXPECT_EQ(session, nullptr);
}

TEST(CApi, OptionsOfAnOlderHeaderAreServed) {
    const GraphHandle graph = load(models::build("lenet-300-100"));
    struct Older {
        std::size_t size = sizeof(Older);
        std::int32_t threads = 1, tuning = ESPALIER_TUNING_NONE;
        std::int32_t behind[2] = {-1, -1};  // not its own
    } older;
    older.size = offsetof(Older, behind);
    espalier_session* session = nullptr;
    ASSERT_EQ(espalier_compile(graph.get(), reinterpret_cast<espalier_compile_options*>(&older), &session),
              ESPALIER_OK)
        << espalier_last_error();
    espalier_session_free(session);
    older.size -= 4;
    session = nullptr;
    expect_error(espalier_compile(graph.get(), reinterpret_cast<espalier_compile_options*>(&older), &session),
                 ESPALIER_INVALID_ARGUMENT, "12 bytes");
    EXPECT_EQ(session, nullptr);
}

TEST(CApi, PrecisionIsAskedFor) {
    const GraphHandle graph = load(models::build("lenet-300-100"));
    espalier_compile_options options = ESPALIER_COMPILE_OPTIONS;
    options.tuning = ESPALIER_TUNING_NONE;
    options.precision = ESPALIER_PRECISION_BF16;
    espalier_session* session = nullptr;
    const espalier_status got = espalier_compile(graph.get(), &options, &session);
    EXPECT_EQ(got, runtime::has_bf16() ? ESPALIER_OK : ESPALIER_UNSUPPORTED);
    espalier_session_free(session);
    session = nullptr;
    options.precision = ESPALIER_PRECISION_F16;
    EXPECT_EQ(espalier_compile(graph.get(), &options, &session),
              runtime::has_f16() ? ESPALIER_OK : ESPALIER_UNSUPPORTED);
    espalier_session_free(session);
    session = nullptr;
    options.precision = 3;
    expect_error(espalier_compile(graph.get(), &options, &session), ESPALIER_INVALID_ARGUMENT,
                 "espalier_precision 3");
    options = ESPALIER_COMPILE_OPTIONS;
    options.reserved = 1;
    expect_error(espalier_compile(graph.get(), &options, &session), ESPALIER_INVALID_ARGUMENT, "reserved=1");
}

TEST(CApi, RefusesBadTensors) {
    const GraphHandle graph = load(models::build("lenet-300-100"));
    const SessionHandle session = compile(graph);
    const auto run = [&](const espalier_tensor& in, const espalier_tensor& out) {
        return espalier_run(session.get(), &in, 1, &out, 1);
    };
    Memory good;
    const auto changed = [&](auto change) {
        espalier_tensor tensor = good.in;
        change(tensor);
        return run(tensor, good.out);
    };
    const std::array<std::int64_t, 4> negative{-3, 1, 28, 28}, huge{INT64_MAX, INT64_MAX, 28, 28},
        other{3, 1, 28, 27};
    using T = espalier_tensor;
    expect_error(changed([](T& t) { t.data = nullptr; }), ESPALIER_INVALID_ARGUMENT, "data is NULL");
    expect_error(changed([](T& t) { --t.bytes; }), ESPALIER_INVALID_ARGUMENT,
                 "9407 bytes, expected 2352 x 4");
    expect_error(changed([](T& t) { t.dtype = 99; }), ESPALIER_INVALID_ARGUMENT, "espalier_dtype 99");
    expect_error(changed([](T& t) { t.dtype = -1; }), ESPALIER_INVALID_ARGUMENT, "espalier_dtype -1");
    expect_error(changed([](T& t) { t.dtype = ESPALIER_I32; }), ESPALIER_INVALID_ARGUMENT, "i32");
    expect_error(changed([](T& t) { t.rank = 5000; }), ESPALIER_INVALID_ARGUMENT, "rank 5000");
    expect_error(changed([](T& t) { t.shape = nullptr; }), ESPALIER_INVALID_ARGUMENT, "shape is NULL");
    expect_error(changed([&](T& t) { t.shape = negative.data(); }), ESPALIER_INVALID_ARGUMENT, "-3");
    expect_error(changed([&](T& t) { t.shape = huge.data(); }), ESPALIER_INVALID_ARGUMENT, "");
    expect_error(changed([&](T& t) { t.shape = other.data(), t.bytes = 3 * 28 * 27 * 4; }),
                 ESPALIER_INVALID_ARGUMENT, "3x1x28x27");
    expect_error(changed([](T& t) { t.data = static_cast<char*>(t.data) + 1; }), ESPALIER_INVALID_ARGUMENT,
                 "aligned");
    espalier_tensor inside = good.out;
    inside.data = good.x.data() + 100;
    expect_error(run(good.in, inside), ESPALIER_INVALID_ARGUMENT, "overlaps");
    espalier_tensor small = good.out;
    const std::array<std::int64_t, 2> two{2, 10};
    small.shape = two.data(), small.bytes = 80;
    expect_error(run(good.in, small), ESPALIER_INVALID_ARGUMENT, "2x10");
    expect_error(espalier_run(session.get(), &good.in, 1, nullptr, 0), ESPALIER_INVALID_ARGUMENT,
                 "0 outputs");
    expect_error(espalier_session_prepare(session.get(), nullptr, 1), ESPALIER_INVALID_ARGUMENT,
                 "inputs is NULL");
    EXPECT_EQ(run(good.in, good.out), ESPALIER_OK) << espalier_last_error();
}

}  // namespace
