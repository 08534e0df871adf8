#include "graph/analysis/input_shapes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "espalier/error.h"

namespace espalier {
namespace {

std::string listed(const std::vector<std::string>& names) {
    if (names.size() < 2) return names.empty() ? "" : names.front();
    const std::vector<std::string> first(names.begin(), names.end() - 1);
    return fmt::format("{} and {}", fmt::join(first, ", "), names.back());
}

void check_fits(const Value& input, const Shape& shape) {
    const Dims& dims = input.type.dims;
    bool fits = dims.size() == shape.size();
    for (std::size_t i = 0; fits && i < dims.size(); ++i)
        fits = !dims[i].is_fixed() || dims[i].size() == shape[i];
    if (fits) return;
    throw InvalidArgument(fmt::format("a shape of {} for input \"{}\", expected {}", to_string(shape),
                                      input.name, to_string(dims)));
}

}  // namespace

std::set<std::string> batch_symbols(const Graph& graph) {
    std::set<std::string> symbols;
    for (const Value& input : graph.inputs) {
        if (!input.type.dims.empty() && input.type.dims[0].is_symbol())
            symbols.insert(input.type.dims[0].symbol());
    }
    return symbols;
}

std::string input_names(const Graph& graph) {
    std::vector<std::string> names;
    for (const Value& input : graph.inputs) names.push_back(fmt::format("\"{}\"", input.name));
    return names.empty() ? "the network has no inputs"
                         : fmt::format("its inputs are {}", fmt::join(names, ", "));
}

void set_input_shapes(Graph& graph, const std::map<std::string, Shape>& shapes) {
    std::map<std::string, std::int64_t> sizes;  // of symbols
    for (const auto& [name, shape] : shapes) {
        const auto input = std::ranges::find(graph.inputs, name, &Value::name);
        if (input == graph.inputs.end())
            throw InvalidArgument(fmt::format("a shape for \"{}\", which is not an input of the network, {}",
                                              name, input_names(graph)));
        check_fits(*input, shape);
        for (std::size_t i = 0; i < shape.size(); ++i) {
            const Dim dim = input->type.dims[i];
            if (!dim.is_symbol()) continue;
            const auto [at, first] = sizes.emplace(dim.symbol(), shape[i]);
            if (first || at->second == shape[i]) continue;
            throw InvalidArgument(
                fmt::format("{} is {} in one place and {} in another: the shape of input \"{}\"",
                            dim.symbol(), at->second, shape[i], name));
        }
    }
    for (Value& input : graph.inputs) {
        if (shapes.contains(input.name)) input.type.dims = to_dims(shapes.at(input.name));
    }
    for (std::vector<Value>* values : {&graph.inputs, &graph.outputs}) {
        for (Value& value : *values) {
            for (Dim& dim : value.type.dims) {
                const auto size = sizes.find(dim.symbol());
                if (dim.is_symbol() && size != sizes.end()) dim = Dim(size->second);
            }
        }
    }
}

std::string open_dimensions(const Value& input) {
    std::vector<std::string> symbols;
    std::vector<std::string> positions;
    const Dims& dims = input.type.dims;
    for (std::size_t i = 1; i < dims.size(); ++i) {
        if (dims[i].is_symbol()) {
            symbols.push_back(dims[i].symbol());
        } else if (!dims[i].is_fixed()) {
            positions.push_back(std::to_string(i));
        }
    }
    if (!positions.empty())
        symbols.push_back(fmt::format("dimension{} {}", positions.size() == 1 ? "" : "s", listed(positions)));
    return listed(symbols);
}

std::string open_dimensions(const Graph& graph) {
    const std::set<std::string> batch = batch_symbols(graph);
    std::vector<std::string> all;
    for (const Value& input : graph.inputs) {
        Value rest = input;
        for (Dim& dim : rest.type.dims)
            if (batch.contains(dim.symbol())) dim = Dim(1);
        const std::string open = open_dimensions(rest);
        if (!open.empty())
            all.push_back(
                fmt::format("{} of input \"{}\" ({})", open, input.name, to_string(input.type.dims)));
    }
    return listed(all);
}

std::string counted_shapes(const Graph& graph) {
    const std::set<std::string> batch = batch_symbols(graph);
    std::vector<std::string> all;
    for (const Value& input : graph.inputs) {
        Dims dims = input.type.dims;
        for (std::size_t i = 0; i < dims.size(); ++i) {
            if (!dims[i].is_fixed() && (i == 0 || batch.contains(dims[i].symbol()))) dims[i] = Dim(1);
        }
        all.push_back(graph.inputs.size() == 1 ? to_string(dims)
                                               : fmt::format("{} {}", input.name, to_string(dims)));
    }
    return fmt::format("{}", fmt::join(all, ", "));
}

}  // namespace espalier
