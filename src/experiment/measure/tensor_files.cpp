#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "base/files.h"
#include "espalier/error.h"
#include "espalier/experiment.h"
#include "experiment/inspect/shapes.h"
#include "graph/analysis/input_shapes.h"
#include "tensor/booleans.h"
#include "tensor/npy.h"
#include "tensor/npz.h"

namespace espalier::experiment {
namespace {

namespace fs = std::filesystem;

const Value* find_input(const Graph& graph, std::string_view name) {
    const auto found =
        std::ranges::find_if(graph.inputs, [&](const Value& input) { return input.name == name; });
    return found == graph.inputs.end() ? nullptr : &*found;
}

const Value& input_of(const Graph& graph, std::string_view name) {
    const Value* input = find_input(graph, name);
    if (input == nullptr) {
        throw BadData(fmt::format("\"{}\" is not an input of the network, {}", name, input_names(graph)));
    }
    return *input;
}

std::string type_of(DType dtype, const std::string& dims) {
    return fmt::format("{} {}", name_of(dtype), dims);
}

void check_type(const Value& input, const Tensor& tensor, const std::string& where) {
    const Dims& wanted = input.type.dims;
    bool fits = tensor.dtype() == input.type.dtype && tensor.rank() == wanted.size();
    for (std::size_t i = 0; fits && i < wanted.size(); ++i)
        fits = !wanted[i].is_fixed() || wanted[i].size() == tensor.shape()[i];
    if (fits) return;
    throw BadData(fmt::format("{}: got {} for input \"{}\", expected {}", where,
                              type_of(tensor.dtype(), to_string(tensor.shape())), input.name,
                              type_of(input.type.dtype, to_string(wanted))));
}

/// The input's shape with its one dimension that is not fixed as `elements` need it.
Shape shape_for(const Value& input, std::uint64_t bytes, const std::string& where) {
    Shape shape;
    std::size_t open = 0;
    std::size_t opens = 0;
    for (const Dim& dim : input.type.dims) {
        if (!dim.is_fixed()) {
            open = shape.size();
            ++opens;
        }
        shape.push_back(dim.is_fixed() ? dim.size() : 1);
    }
    if (opens > 1) {
        throw BadData(fmt::format("{}: {} dimensions of input \"{}\" ({}) are open, give its shape: {}",
                                  where, opens, input.name, to_string(input.type.dims), shape_hint(input)));
    }
    const std::uint64_t row = static_cast<std::uint64_t>(element_count(shape)) * size_of(input.type.dtype);
    if (opens == 1 && row > 0) {
        if (bytes % row != 0) {
            throw BadData(fmt::format("{}: {} bytes, expected a multiple of {} for input \"{}\" of {}", where,
                                      bytes, row, input.name,
                                      type_of(input.type.dtype, to_string(input.type.dims))));
        }
        shape[open] = static_cast<std::int64_t>(bytes / row);
    }
    return shape;
}

Tensor read_raw(const fs::path& path, const Value& input, const Shape* given) {
    const std::vector<std::byte> file = read_file(path);
    const std::string where = path.string();
    const DType dtype = input.type.dtype;
    const Shape shape = given != nullptr ? *given : shape_for(input, file.size(), where);
    const std::uint64_t expected = static_cast<std::uint64_t>(element_count(shape)) * size_of(dtype);
    if (file.size() != expected) {
        throw BadData(fmt::format("{}: {} bytes, expected {} for input \"{}\" of {}", where, file.size(),
                                  expected, input.name, type_of(dtype, to_string(shape))));
    }
    Tensor tensor(dtype, shape);
    if (expected > 0) std::memcpy(tensor.bytes().data(), file.data(), expected);
    try {
        check_booleans(tensor);
    } catch (const BadData& error) {
        throw BadData(fmt::format("{}: {}", where, error.what()));
    }
    return tensor;
}

class Inputs {
  public:
    Inputs(const Graph& graph, const std::map<std::string, Shape>& shapes) : graph_(graph), shapes_(shapes) {}

    void add(const std::string& argument) {
        // A name may hold "=", but then the part before it is no input.
        const auto equals = argument.find('=');
        const bool named =
            equals != std::string::npos &&
            (find_input(graph_, argument.substr(0, equals)) != nullptr || !fs::exists(argument));
        const std::string file = named ? argument.substr(equals + 1) : argument;
        if (!named && fs::path(file).extension() == ".npz") return add_archive(file);
        if (!named && graph_.inputs.size() != 1) {
            throw InvalidArgument(
                fmt::format("--input {}: the network has {} inputs, name one: --input NAME={}", argument,
                            graph_.inputs.size(), argument));
        }
        const Value& input = named ? input_of(graph_, argument.substr(0, equals)) : graph_.inputs.front();
        add_file(input, file);
    }

    NamedTensors take() {
        for (const auto& [name, shape] : shapes_) {
            input_of(graph_, name);
            if (!raw_.contains(name)) {
                throw InvalidArgument(fmt::format("--shape {}=...: only for an input from a raw file", name));
            }
        }
        for (const Value& input : graph_.inputs) {
            if (!tensors_.contains(input.name)) {
                throw BadData(fmt::format("input \"{}\" is missing: expected {}", input.name,
                                          type_of(input.type.dtype, to_string(input.type.dims))));
            }
        }
        return std::move(tensors_);
    }

  private:
    void add_archive(const std::string& file) {
        NamedTensors arrays = read_npz(file, [&](std::string_view name) { input_of(graph_, name); });
        for (auto& [name, tensor] : arrays)
            add(input_of(graph_, name), std::move(tensor), fmt::format("{}: {}", file, name));
    }

    void add_file(const Value& input, const std::string& file) {
        const auto ending = fs::path(file).extension();
        if (ending == ".npy") return add(input, read_npy(file), file);
        if (ending == ".npz") {
            NamedTensors arrays = read_npz(file, [](std::string_view) {});
            const auto found = arrays.find(input.name);
            if (found == arrays.end())
                throw BadData(
                    fmt::format("{}: has no array \"{}\" among its {}", file, input.name, arrays.size()));
            return add(input, std::move(found->second), file);
        }
        const auto shape = shapes_.find(input.name);
        raw_.insert(input.name);
        add(input, read_raw(file, input, shape == shapes_.end() ? nullptr : &shape->second), file);
    }

    void add(const Value& input, Tensor tensor, const std::string& where) {
        check_type(input, tensor, where);
        if (!tensors_.emplace(input.name, std::move(tensor)).second)
            throw BadData(fmt::format("{}: input \"{}\" is given twice", where, input.name));
    }

    const Graph& graph_;
    const std::map<std::string, Shape>& shapes_;
    NamedTensors tensors_;
    std::set<std::string, std::less<>> raw_;
};

}  // namespace

NamedTensors read_inputs(const Graph& graph, const std::vector<std::string>& arguments,
                         const std::map<std::string, Shape>& shapes) {
    Inputs inputs(graph, shapes);
    for (const std::string& argument : arguments) inputs.add(argument);
    return inputs.take();
}

void write_outputs(const fs::path& path, const Graph& graph, const std::vector<Tensor>& outputs) {
    if (path.extension() == ".npz") {
        NamedTensors arrays;
        for (std::size_t i = 0; i < outputs.size(); ++i) arrays.emplace(graph.outputs[i].name, outputs[i]);
        return write_npz(path, arrays);
    }
    if (path.extension() == ".npy") return write_npy(path, outputs.front());
    write_file(path, outputs.front().bytes());
}

}  // namespace espalier::experiment
