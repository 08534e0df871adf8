// Sessions of c.h: compiled, run with the caller's memory, profiled.
#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <vector>

#include "c_api/graph.h"
#include "c_api/guarded.h"
#include "espalier/runtime.h"

/// The handle of c.h. Values are kept here, as the caller gets pointers into them.
struct espalier_session {
    struct Value {
        std::string name;
        espalier::DType dtype;
        espalier::Shape shape;
    };
    espalier::runtime::Session session;
    std::vector<Value> inputs, outputs;
};

namespace espalier::c_api {
namespace {

// espalier_dtype is DType under another name, and its numbers stay whatever happens to DType's.
constexpr DType kDTypes[] = {DType::f32, DType::f64, DType::f16,    DType::bf16, DType::i8,
                             DType::u8,  DType::i16, DType::u16,    DType::i32,  DType::u32,
                             DType::i64, DType::u64, DType::boolean};

DType dtype_of_code(std::int32_t code, const std::string& where) {
    if (code < 0 || code >= static_cast<std::int32_t>(std::size(kDTypes)))
        throw InvalidArgument(fmt::format("{}: there is no espalier_dtype {}", where, code));
    return kDTypes[code];
}

std::int32_t code_of(DType dtype) {
    return static_cast<std::int32_t>(std::find(std::begin(kDTypes), std::end(kDTypes), dtype) -
                                     std::begin(kDTypes));
}

Shape shape_of(const Dims& dims) {
    Shape shape;
    for (const Dim& dim : dims) shape.push_back(dim.size());
    return shape;
}

espalier_session::Value value_of(const Value& value) {
    return {value.name, value.type.dtype, shape_of(value.type.dims)};
}

constexpr std::uint32_t kMostRank = 64;

Shape shape_of(const espalier_tensor& tensor, const std::string& where) {
    if (tensor.rank > kMostRank)
        throw InvalidArgument(fmt::format("{}: rank {}, expected at most {}", where, tensor.rank, kMostRank));
    if (tensor.rank > 0 && tensor.shape == nullptr)
        throw InvalidArgument(fmt::format("{}: rank {} and shape is NULL", where, tensor.rank));
    Shape shape(tensor.shape, tensor.shape + tensor.rank);
    element_count(shape);  // throws on negative dimensions and on overflow
    return shape;
}

/// `Lent` (TensorView or TensorSpan) of the caller's memory, which is what its shape needs.
template <class Lent>
Lent lent(const espalier_tensor& tensor, const std::string& where) {
    const DType dtype = dtype_of_code(tensor.dtype, where);
    Shape shape = shape_of(tensor, where);
    const auto count = static_cast<std::size_t>(element_count(shape));
    const std::size_t size = size_of(dtype);
    if (count > tensor.bytes / size || count * size != tensor.bytes) {
        throw InvalidArgument(fmt::format("{}: {} bytes, expected {} x {} of {}", where, tensor.bytes, count,
                                          size, name_of(dtype)));
    }
    if (count > 0 && tensor.data == nullptr) throw InvalidArgument(fmt::format("{}: data is NULL", where));
    if (reinterpret_cast<std::uintptr_t>(tensor.data) % size != 0)
        throw InvalidArgument(fmt::format("{}: data is not aligned to {} bytes", where, size));
    return {dtype, std::move(shape), tensor.data};
}

std::string named(const char* what, std::size_t index, const std::vector<espalier_session::Value>& values) {
    return fmt::format("{} {} (\"{}\")", what, index, values[index].name);
}

void check_count(std::size_t got, std::size_t expected, const char* what) {
    if (got != expected) throw InvalidArgument(fmt::format("{} {}, expected {}", got, what, expected));
}

void check_apart(const espalier_tensor& a, const espalier_tensor& b, const char* function) {
    const auto from = [](const espalier_tensor& t) { return reinterpret_cast<std::uintptr_t>(t.data); };
    if (from(a) < from(b) + b.bytes && from(b) < from(a) + a.bytes)
        throw InvalidArgument(fmt::format("{}: an output overlaps another tensor", function));
}

template <class Lent>
std::vector<Lent> all_lent(const espalier_tensor* tensors, std::size_t count, const char* what,
                           const std::vector<espalier_session::Value>& values) {
    std::vector<Lent> all;
    all.reserve(count);
    for (std::size_t i = 0; i < count; ++i) all.push_back(lent<Lent>(tensors[i], named(what, i, values)));
    return all;
}

void run(espalier_session& s, const espalier_tensor* inputs, std::size_t input_count,
         const espalier_tensor* outputs, std::size_t output_count) {
    check_count(input_count, s.inputs.size(), "inputs");
    check_count(output_count, s.outputs.size(), "outputs");
    if (input_count > 0) given(inputs, "espalier_run", "inputs");
    if (output_count > 0) given(outputs, "espalier_run", "outputs");
    const auto from = all_lent<TensorView>(inputs, input_count, "input", s.inputs);
    const auto to = all_lent<TensorSpan>(outputs, output_count, "output", s.outputs);
    for (std::size_t i = 0; i < output_count; ++i) {
        for (std::size_t j = 0; j < input_count; ++j) check_apart(outputs[i], inputs[j], "espalier_run");
        for (std::size_t j = 0; j < i; ++j) check_apart(outputs[i], outputs[j], "espalier_run");
    }
    s.session.run(from, to);
}

void prepare(espalier_session& s, const espalier_tensor* inputs, std::size_t count) {
    check_count(count, s.inputs.size(), "inputs");
    if (count > 0) given(inputs, "espalier_session_prepare", "inputs");
    std::map<std::string, Shape> shapes;
    for (std::size_t i = 0; i < count; ++i) {
        const std::string where = named("input", i, s.inputs);
        const DType dtype = dtype_of_code(inputs[i].dtype, where);
        if (dtype != s.inputs[i].dtype) {
            throw InvalidArgument(
                fmt::format("{}: {}, expected {}", where, name_of(dtype), name_of(s.inputs[i].dtype)));
        }
        shapes[s.inputs[i].name] = shape_of(inputs[i], where);
    }
    const std::vector<ValueType> types = s.session.output_types(shapes);
    s.session.prepare(shapes);
    for (std::size_t i = 0; i < types.size(); ++i) s.outputs[i].shape = shape_of(types[i].dims);
}

runtime::Options options_of(const espalier_compile_options* given_options) {
    runtime::Options options;
    if (given_options == nullptr) return options;
    const espalier_compile_options asked =
        whole(*given_options, espalier_compile_options ESPALIER_COMPILE_OPTIONS,
              offsetof(espalier_compile_options, precision), "espalier_compile");
    if (asked.threads < 0 || asked.threads > 1024)
        throw InvalidArgument(fmt::format("espalier_compile: threads={}, expected 0 to 1024", asked.threads));
    options.threads = asked.threads;
    if (asked.reserved != 0)
        throw InvalidArgument(fmt::format("espalier_compile: reserved={}, expected 0", asked.reserved));
    if (asked.precision < ESPALIER_PRECISION_F32 || asked.precision > ESPALIER_PRECISION_F16)
        throw InvalidArgument(
            fmt::format("espalier_compile: there is no espalier_precision {}", asked.precision));
    if (asked.precision == ESPALIER_PRECISION_BF16) options.precision = runtime::Precision::bf16;
    if (asked.precision == ESPALIER_PRECISION_F16) options.precision = runtime::Precision::f16;
    using enum runtime::Options::Tuning;
    switch (asked.tuning) {
        case ESPALIER_TUNING_QUICK:
            options.tuning = quick;
            break;
        case ESPALIER_TUNING_NONE:
            options.tuning = none;
            break;
        case ESPALIER_TUNING_FULL:
            options.tuning = full;
            break;
        default:
            throw InvalidArgument(
                fmt::format("espalier_compile: there is no espalier_tuning {}", asked.tuning));
    }
    return options;
}

const espalier_session::Value& value_at(const std::vector<espalier_session::Value>& values, std::size_t index,
                                        const char* what) {
    if (index >= values.size())
        throw InvalidArgument(fmt::format("{} {}, and there are {}", what, index, values.size()));
    return values[index];
}

espalier_value shown(const espalier_session::Value& value) {
    return {value.name.c_str(), code_of(value.dtype), static_cast<std::uint32_t>(value.shape.size()),
            value.shape.data()};
}

}  // namespace
}  // namespace espalier::c_api

using namespace espalier;
using c_api::given;
using c_api::guarded;

espalier_status espalier_compile(const espalier_graph* graph, const espalier_compile_options* options,
                                 espalier_session** session) {
    return guarded([&] {
        const Graph& network = given(graph, "espalier_compile", "graph").graph;
        espalier_session*& out = given(session, "espalier_compile", "session");
        std::vector<espalier_session::Value> inputs, outputs;
        std::transform(network.inputs.begin(), network.inputs.end(), std::back_inserter(inputs),
                       c_api::value_of);
        std::transform(network.outputs.begin(), network.outputs.end(), std::back_inserter(outputs),
                       c_api::value_of);
        out = new espalier_session{runtime::compile(network, c_api::options_of(options)), std::move(inputs),
                                   std::move(outputs)};
    });
}

espalier_status espalier_session_share(const espalier_session* session, espalier_session** shared) {
    return guarded([&] {
        const espalier_session& from = given(session, "espalier_session_share", "session");
        espalier_session*& out = given(shared, "espalier_session_share", "shared");
        out = new espalier_session{from.session.share(), from.inputs, from.outputs};
    });
}

void espalier_session_free(espalier_session* session) { delete session; }

size_t espalier_session_inputs(const espalier_session* session) {
    return session != nullptr ? session->inputs.size() : 0;
}

size_t espalier_session_outputs(const espalier_session* session) {
    return session != nullptr ? session->outputs.size() : 0;
}

espalier_status espalier_session_input(const espalier_session* session, size_t index, espalier_value* value) {
    return guarded([&] {
        const espalier_session& s = given(session, "espalier_session_input", "session");
        given(value, "espalier_session_input", "value") =
            c_api::shown(c_api::value_at(s.inputs, index, "input"));
    });
}

espalier_status espalier_session_output(const espalier_session* session, size_t index,
                                        espalier_value* value) {
    return guarded([&] {
        const espalier_session& s = given(session, "espalier_session_output", "session");
        given(value, "espalier_session_output", "value") =
            c_api::shown(c_api::value_at(s.outputs, index, "output"));
    });
}

espalier_status espalier_session_prepare(espalier_session* session, const espalier_tensor* inputs,
                                         size_t count) {
    return guarded(
        [&] { c_api::prepare(given(session, "espalier_session_prepare", "session"), inputs, count); });
}

espalier_status espalier_run(espalier_session* session, const espalier_tensor* inputs, size_t input_count,
                             const espalier_tensor* outputs, size_t output_count) {
    return guarded([&] {
        c_api::run(given(session, "espalier_run", "session"), inputs, input_count, outputs, output_count);
    });
}

size_t espalier_session_layers(const espalier_session* session) {
    std::size_t count = 0;
    guarded([&] { count = given(session, "espalier_session_layers", "session").session.profile().size(); });
    return count;
}

espalier_status espalier_session_layer(const espalier_session* session, size_t index, espalier_layer* layer) {
    return guarded([&] {
        const espalier_session& s = given(session, "espalier_session_layer", "session");
        espalier_layer& out = given(layer, "espalier_session_layer", "layer");
        const auto& layers = s.session.profile();
        if (index >= layers.size())
            throw InvalidArgument(fmt::format("layer {}, and there are {}", index, layers.size()));
        const runtime::LayerProfile& l = layers[index];
        out = {l.node.c_str(), l.op.c_str(),   l.kernel.c_str(), l.why.c_str(),
               l.weights_left, l.predicted_us, l.measured_us,    l.dense_us};
    });
}
