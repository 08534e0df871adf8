#include "experiment/inspect/shapes.h"

#include <fmt/format.h>

#include <charconv>

#include "espalier/error.h"
#include "graph/analysis/input_shapes.h"

namespace espalier::experiment {

std::string shape_hint(const Value& input) {
    Dims dims = input.type.dims;
    if (!dims.empty() && !dims[0].is_fixed()) dims[0] = Dim(1);
    return fmt::format("--shape {}={}", input.name, to_string(dims));
}

std::map<std::string, Shape> parse_shapes(const std::vector<std::string>& arguments) {
    std::map<std::string, Shape> shapes;
    for (const std::string& argument : arguments) {
        const auto fail = [&] {
            throw InvalidArgument(
                fmt::format("--shape {}: expected NAME=SIZExSIZEx... as in --shape x=1x3x48x320", argument));
        };
        const auto equals = argument.rfind('=');
        if (equals == std::string::npos || equals == 0) fail();
        Shape shape;
        const char* at = argument.data() + equals + 1;
        const char* const end = argument.data() + argument.size();
        while (at < end) {
            std::int64_t dim = 0;
            const auto [next, error] = std::from_chars(at, end, dim);
            if (error != std::errc{} || dim < 0) fail();
            shape.push_back(dim);
            if (next != end && ((*next != ',' && *next != 'x') || next + 1 == end)) fail();
            at = next == end ? end : next + 1;
        }
        element_count(shape);  // refuses what overflows
        if (!shapes.emplace(argument.substr(0, equals), std::move(shape)).second) {
            throw InvalidArgument(
                fmt::format("--shape {}: the shape of this input is given twice", argument));
        }
    }
    return shapes;
}

void require_shapes(const Graph& graph, const std::map<std::string, Shape>& shapes, const std::string& what) {
    Graph rest;
    std::string hints;
    for (const Value& input : graph.inputs) {
        if (shapes.contains(input.name)) continue;
        rest.inputs.push_back(input);
        if (!open_dimensions(input).empty()) hints += (hints.empty() ? "" : " ") + shape_hint(input);
    }
    const std::string open = open_dimensions(rest);
    if (open.empty()) return;
    throw InvalidArgument(fmt::format("{}, and {} {} open: give sizes, as in {}", what, open,
                                      open.find(" and ") == std::string::npos ? "is" : "are", hints));
}

}  // namespace espalier::experiment
