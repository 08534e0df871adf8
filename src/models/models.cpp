#include "espalier/models.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "models/model.h"

namespace espalier::models {
namespace {

constexpr std::int64_t kLargest = 1'000'000;  // weights of two such layers are still counted in 64 bits

/// "512-256" -> {512, 256}; nothing if it is anything but numbers from 1 on with a dash between.
std::optional<std::vector<std::int64_t>> parse(std::string_view text) {
    std::vector<std::int64_t> numbers;
    while (true) {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc() || number < 1 || number > kLargest || text.front() == '-') return {};
        numbers.push_back(number);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (text.empty()) return numbers;
        if (text.front() != '-') return {};
        text.remove_prefix(1);
    }
}

std::optional<std::vector<std::int64_t>> numbers_of(const Model& model, std::string_view name) {
    if (model.prefix.empty() || !name.starts_with(model.prefix)) return {};
    auto numbers = parse(name.substr(model.prefix.size()));
    if (!numbers || numbers->size() < model.min_numbers || numbers->size() > model.max_numbers) return {};
    return numbers;
}

}  // namespace

const Model* find(std::string_view name) {
    for (const Model* model : networks()) {
        if (model->prefix.empty() ? model->name == name : numbers_of(*model, name).has_value()) return model;
    }
    return nullptr;
}

Graph build(std::string_view name, const Options& options) {
    const Model* model = find(name);
    if (model == nullptr)
        throw InvalidArgument(fmt::format("network \"{}\"{}", name, networks().hint(std::string(name))));
    if (options.classes < 1 || options.classes > kLargest)
        throw InvalidArgument(fmt::format("{} classes, expected 1 to {}", options.classes, kLargest));
    Graph graph = model->build(options, numbers_of(*model, name).value_or(std::vector<std::int64_t>()));
    graph.name = name;
    return graph;
}

GraphBuilder start(const Options& options, std::string_view name, std::string_view own) {
    const auto& chosen = initializations().get(options.initialization.empty() ? own : options.initialization);
    return {std::string(name), options.seed, chosen.fill};
}

std::string input(GraphBuilder& builder, const Options& options, std::int64_t least) {
    const Shape& shape = options.example_shape;
    if (shape.size() != 3 || shape[0] < 1 || shape[1] < least || shape[2] < least) {
        throw InvalidArgument(
            fmt::format("examples of shape {}, the network takes images [c, h, w] of {}x{} pixels or more",
                        to_string(shape), least, least));
    }
    return builder.input("input", {Dim("N"), Dim(shape[0]), Dim(shape[1]), Dim(shape[2])});
}

}  // namespace espalier::models
