// What is in an ONNX file: layers, shapes, parameters, multiply-adds, zeros.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/numbers.h"
#include "cli/table.h"
#include "cli/verb.h"
#include "espalier/onnx.h"

namespace espalier::cli::verbs_ {
namespace {

struct Arguments {
    std::string model;
    bool json = false;
};

struct Layer {
    std::string node;
    std::string op;
    std::string output;           // shape
    std::int64_t parameters = 0;  // all initialisers it reads
    std::int64_t nonzeros = 0;    // of those
};

std::int64_t count_nonzeros(const Tensor& tensor) {
    if (tensor.dtype() != DType::f32) return tensor.count();
    const auto values = tensor.f32();
    return std::count_if(values.begin(), values.end(), [](float v) { return v != 0; });
}

std::vector<Layer> layers_of(const Graph& graph) {
    const auto types = infer_types(graph);
    std::vector<Layer> layers;
    for (const Node& node : graph.nodes) {
        Layer layer{
            .node = node.name, .op = node.op, .output = to_string(types.at(node.outputs.front()).dims)};
        for (const std::string& input : node.inputs) {
            const auto found = graph.initializers.find(input);
            if (found == graph.initializers.end()) continue;
            layer.parameters += found->second.count();
            layer.nonzeros += count_nonzeros(found->second);
        }
        layers.push_back(std::move(layer));
    }
    return layers;
}

std::string share(std::int64_t part, std::int64_t whole) {
    return whole == 0
               ? "–"
               : fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

void execute(const Arguments& arguments) {
    const Graph graph = onnx::read(arguments.model);
    const std::vector<Layer> layers = layers_of(graph);
    const auto bytes = std::filesystem::file_size(arguments.model);
    std::int64_t parameters = 0;
    std::int64_t nonzeros = 0;
    TextTable table({"layer", "kind", "output", "parameters", "nonzero", "left"});
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const Layer& layer : layers) {
        parameters += layer.parameters;
        nonzeros += layer.nonzeros;
        table.add({layer.node, layer.op, layer.output, with_commas(layer.parameters),
                   with_commas(layer.nonzeros), share(layer.nonzeros, layer.parameters)});
        rows.push_back({{"node", layer.node},
                        {"op", layer.op},
                        {"output", layer.output},
                        {"parameters", layer.parameters},
                        {"nonzeros", layer.nonzeros}});
    }
    if (arguments.json) {
        std::cout << nlohmann::ordered_json{{"name", graph.name},         {"file_bytes", bytes},
                                            {"parameters", parameters},   {"nonzeros", nonzeros},
                                            {"metadata", graph.metadata}, {"layers", rows}}
                         .dump(2)
                  << '\n';
        return;
    }
    for (const Value& input : graph.inputs) {
        std::cout << fmt::format("{}: input {} {} {}\n", graph.name, input.name, name_of(input.type.dtype),
                                 to_string(input.type.dims));
    }
    std::cout << table.text()
              << fmt::format("{} parameters, {} not zero ({}), file {}\n", with_commas(parameters),
                             with_commas(nonzeros), share(nonzeros, parameters), format_bytes(bytes));
}

void define(CLI::App& command) {
    const auto arguments = std::make_shared<Arguments>();
    command.add_option("model", arguments->model, "ONNX file")->required();
    command.add_flag("--json", arguments->json, "Print JSON");
    command.callback([arguments] { execute(*arguments); });
}

}  // namespace

extern const Verb inspect{.name = "inspect",
                          .summary = "Show the layers, parameters and zeros of an ONNX network",
                          .example = "espalier inspect ticket.onnx",
                          .define = define};

}  // namespace espalier::cli::verbs_
