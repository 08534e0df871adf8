#include "calibrate/batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "espalier/error.h"
#include "graph/analysis/input_shapes.h"

namespace espalier::calibrate {
namespace {

std::string type_of(DType dtype, const std::string& dims) {
    return fmt::format("{} {}", name_of(dtype), dims);
}

void check_type(const Value& input, const Tensor& tensor) {
    const Dims& wanted = input.type.dims;
    bool fits = tensor.dtype() == input.type.dtype && tensor.rank() == wanted.size();
    for (std::size_t i = 1; fits && i < wanted.size(); ++i)
        fits = !wanted[i].is_fixed() || wanted[i].size() == tensor.shape()[i];
    // More examples than the network takes at once are several runs.
    if (fits && !wanted.empty() && wanted[0].is_fixed() && wanted[0].size() > 0)
        fits = tensor.shape()[0] % wanted[0].size() == 0;
    // Lengths may be 0, as that of a decoder's past before its first token; there must be examples.
    if (fits && (tensor.rank() == 0 || tensor.shape()[0] > 0)) return;
    throw BadData(fmt::format("got {} for input \"{}\", expected {}",
                              type_of(tensor.dtype(), to_string(tensor.shape())), input.name,
                              type_of(input.type.dtype, to_string(wanted))));
}

void check_finite(const std::string& name, const Tensor& tensor) {
    if (tensor.dtype() != DType::f32) return;
    const std::span<const float> values = tensor.f32();
    const auto bad = std::ranges::find_if(values, [](float value) { return !std::isfinite(value); });
    if (bad == values.end()) return;
    throw BadData(
        fmt::format("element {} of \"{}\" is {}, expected finite numbers", bad - values.begin(), name, *bad));
}

/// Whether dimension 0 of every input counts examples: open under one symbol, or the same number.
bool has_batch(const Graph& graph) {
    for (const Value& input : graph.inputs) {
        const Dims& dims = input.type.dims;
        if (dims.empty() || !(dims[0] == graph.inputs.front().type.dims[0])) return false;
    }
    return !graph.inputs.empty();
}

Tensor part_of(const Tensor& tensor, std::int64_t first, std::int64_t count) {
    Shape shape = tensor.shape();
    const std::size_t each = tensor.bytes().size() / static_cast<std::size_t>(shape[0]);
    shape[0] = count;
    Tensor part(tensor.dtype(), shape);
    std::memcpy(part.bytes().data(), tensor.bytes().data() + static_cast<std::size_t>(first) * each,
                static_cast<std::size_t>(count) * each);
    return part;
}

void check(const Graph& graph, const NamedTensors& data) {
    for (const auto& [name, tensor] : data) {
        if (std::ranges::find(graph.inputs, name, &Value::name) == graph.inputs.end())
            throw BadData(fmt::format("\"{}\" is not an input of the network, {}", name, input_names(graph)));
        check_finite(name, tensor);
    }
    for (const Value& input : graph.inputs) {
        const auto found = data.find(input.name);
        if (found == data.end())
            throw BadData(fmt::format("input \"{}\" is missing: expected {}", input.name,
                                      type_of(input.type.dtype, to_string(input.type.dims))));
        check_type(input, found->second);
    }
}

}  // namespace

Batches divided(const Graph& graph, NamedTensors data, std::int64_t most) {
    check(graph, data);
    Batches batches;
    if (!has_batch(graph)) {
        for (const Value& input : graph.inputs) {
            const Dims& dims = input.type.dims;
            if (dims.empty() || !dims[0].is_fixed() || dims[0].size() == data.at(input.name).shape()[0])
                continue;
            throw BadData(fmt::format("{} rows for input \"{}\", expected {}", data.at(input.name).shape()[0],
                                      input.name, dims[0].size()));
        }
        batches.push_back(std::move(data));
        return batches;
    }
    const Value& first = graph.inputs.front();
    const std::int64_t count = data.at(first.name).shape()[0];
    for (const Value& input : graph.inputs) {
        const std::int64_t own = data.at(input.name).shape()[0];
        if (own != count)
            throw BadData(
                fmt::format("{} examples of \"{}\" and {} of \"{}\"", count, first.name, own, input.name));
    }
    const Dim batch = first.type.dims[0];
    const std::int64_t step = batch.is_fixed() ? batch.size() : std::max<std::int64_t>(1, most);
    if (count <= step) {
        batches.push_back(std::move(data));
        return batches;
    }
    for (std::int64_t at = 0; at < count; at += step) {
        NamedTensors batch_inputs;
        for (const auto& [name, tensor] : data)
            batch_inputs.emplace(name, part_of(tensor, at, std::min(step, count - at)));
        batches.push_back(std::move(batch_inputs));
    }
    return batches;
}

std::map<std::string, Shape> shapes_of(const NamedTensors& batch) {
    std::map<std::string, Shape> shapes;
    for (const auto& [name, tensor] : batch) shapes.emplace(name, tensor.shape());
    return shapes;
}

}  // namespace espalier::calibrate
