#include "data/check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "espalier/error.h"

namespace espalier::data {
namespace {

/// "images", "examples" or `input "mask"`.
std::string noun_of(const Input& input) {
    if (!input.name.empty()) return fmt::format("input \"{}\"", input.name);
    return input.are_images() ? "images" : "examples";
}

void check_input(const Input& train, const Input& test, const std::string& where) {
    if (train.values.dtype() != test.values.dtype()) {
        throw BadData(fmt::format("{}: x_train{}{} is {}, but x_test is {}", where,
                                  train.name.empty() ? "" : ".", train.name, name_of(train.values.dtype()),
                                  name_of(test.values.dtype())));
    }
    for (const Input* input : {&train, &test}) {
        if (input->values.count() > 0) continue;
        throw BadData(fmt::format(
            "{}: {} {} are {}, expected at least one {}", where, input == &train ? "training" : "test",
            noun_of(*input), to_string(input->values.shape()), input->are_images() ? "pixel" : "number"));
    }
    if (train.example_shape() == test.example_shape()) return;
    throw BadData(fmt::format("{}: training {} are {}, but test {} are {}", where, noun_of(train),
                              to_string(train.values.shape()), noun_of(test),
                              to_string(test.values.shape())));
}

}  // namespace

void check_labels(std::span<const std::int32_t> labels, std::int64_t classes, const std::string& where) {
    const auto bad = std::find_if(labels.begin(), labels.end(),
                                  [&](std::int32_t label) { return label < 0 || label >= classes; });
    if (bad == labels.end()) return;
    throw BadData(fmt::format("{}: label {} of example {}, expected 0 to {}", where, *bad,
                              bad - labels.begin(), classes - 1));
}

void check_labels(const Tensor& targets, std::int64_t classes, const std::string& where) {
    std::vector<std::int32_t> labels;
    std::ranges::copy_if(targets.as<std::int32_t>(), std::back_inserter(labels),
                         [](std::int32_t label) { return label != kNoClass; });
    if (targets.rank() == 1) return check_labels(labels, classes, where);
    const auto most = std::ranges::max_element(labels);
    if (most != labels.end() && *most >= classes)
        throw BadData(fmt::format("{}: label {}, expected 0 to {}, those of training examples", where, *most,
                                  classes - 1));
}

std::string missing_labels(const Dataset& dataset) {
    if (dataset.classes == 0) return "";
    constexpr std::size_t kNamed = 5;
    std::vector<std::string> parts;
    const auto look = [&](const std::vector<const Examples*>& all, const char* what) {
        std::vector<bool> seen(static_cast<std::size_t>(dataset.classes));
        for (const Examples* examples : all) {
            for (const std::int32_t label : examples->classes()) {
                if (label != kNoClass) seen[static_cast<std::size_t>(label)] = true;
            }
        }
        std::vector<std::string> missing;  // not all of them: a label may be a large number by mistake
        std::size_t count = 0;
        for (std::size_t label = 0; label < seen.size(); ++label) {
            if (seen[label]) continue;
            if (++count <= kNamed) missing.push_back(std::to_string(label));
        }
        if (missing.empty()) return;
        if (count > kNamed) missing.back() = fmt::format("{} more", count - kNamed + 1);
        const std::string last = missing.back();
        missing.pop_back();
        parts.push_back(fmt::format("{}{}{} {} no {} example", fmt::join(missing, ", "),
                                    missing.empty() ? "" : " and ", last, count == 1 ? "has" : "have", what));
    };
    look({&dataset.train, &dataset.validation}, "training");
    look({&dataset.test}, "test");
    if (parts.empty()) return "";
    return fmt::format("of the labels 0 to {}, {}", dataset.classes - 1, fmt::join(parts, "; "));
}

void check_inputs(const StoredDataset& stored, const std::string& where) {
    const std::vector<Input>& train = stored.train.inputs;
    const std::vector<Input>& test = stored.test.inputs;
    const auto names = [](const std::vector<Input>& inputs) {
        std::vector<std::string> all;
        for (const Input& input : inputs) all.push_back(input.name);
        return all;
    };
    if (names(train) != names(test)) {
        throw BadData(fmt::format("{}: training inputs are \"{}\", but test inputs are \"{}\"", where,
                                  fmt::join(names(train), "\", \""), fmt::join(names(test), "\", \"")));
    }
    for (std::size_t i = 0; i < train.size(); ++i) check_input(train[i], test[i], where);
}

}  // namespace espalier::data
