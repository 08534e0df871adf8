// The ONNX project's own cases (Debian: libonnx-testdata): models with inputs and the outputs that they give.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "espalier/error.h"
#include "espalier/onnx.h"
#include "onnx/proto/tensor_proto.h"
#include "tensor/convert.h"

namespace espalier::test {

namespace fs = std::filesystem;

constexpr const char* kFolders[] = {"node", "simple", "pytorch-operator", "pytorch-converted"};

inline fs::path data_folder() {
    const char* given = std::getenv("ESPALIER_ONNX_TESTDATA");
    return given != nullptr ? given : "/usr/share/libonnx-testdata/data";
}

/// "node/test_add", ...
inline std::vector<std::string> case_names() {
    std::vector<std::string> names;
    for (const std::string folder : kFolders) {
        if (!fs::exists(data_folder() / folder)) continue;
        for (const auto& entry : fs::directory_iterator(data_folder() / folder))
            names.push_back(folder + "/" + entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
}

template <class Proto>
Proto read_proto(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    Proto proto;
    if (!proto.ParseFromIstream(&file)) throw Unsupported(path.string() + ": not a tensor");
    return proto;
}

inline std::vector<onnx::pb::TensorProto> read_protos(const fs::path& folder, const std::string& kind) {
    std::vector<onnx::pb::TensorProto> protos;
    for (int i = 0;; ++i) {
        const fs::path path = folder / "test_data_set_0" / (kind + "_" + std::to_string(i) + ".pb");
        if (!fs::exists(path)) return protos;
        protos.push_back(read_proto<onnx::pb::TensorProto>(path));
    }
}

/// The cases were written when numpy could not say bf16: its bits, as u16.
inline Tensor as_declared(const Tensor& tensor, DType dtype) {
    if (dtype != DType::bf16 || tensor.dtype() != DType::u16) return tensor;
    Tensor out(dtype, tensor.shape());
    std::ranges::copy(tensor.bytes(), out.bytes().begin());
    return out;
}

/// What a caller feeds: everything; or what holds integers is constant, as the axes and shapes of a network
/// mostly are; or all but the first input.
enum class Feed : std::uint8_t { all, numbers, first };

inline bool is_fed(Feed feed, std::size_t index, const onnx::pb::TensorProto& tensor) {
    if (feed == Feed::all) return true;
    const bool integers = tensor.data_type() == onnx::pb::TensorProto::INT64;
    return feed == Feed::first ? index == 0 : index == 0 || !integers;
}

struct Run {
    Graph graph;
    NamedTensors inputs;
};

/// The model, with inputs that are not fed as initialisers.
inline Run prepare(const fs::path& folder, Feed feed) {
    auto model = read_proto<onnx::pb::ModelProto>(folder / "model.onnx");
    const auto given = read_protos(folder, "input");
    Run run;
    std::size_t next = 0;
    for (const auto& input : model.graph().input()) {
        const auto& initializers = model.graph().initializer();
        const bool constant = std::ranges::any_of(
            initializers, [&](const auto& tensor) { return tensor.name() == input.name(); });
        if (constant) continue;
        const onnx::pb::TensorProto& tensor = given.at(next);
        if (is_fed(feed, next++, tensor)) {
            run.inputs[input.name()] = onnx::to_tensor(tensor);
        } else {
            auto& initializer = *model.mutable_graph()->add_initializer();
            initializer = tensor;
            initializer.set_name(input.name());
        }
    }
    // GlobalAveragePool and others are what they were in opset 1.
    for (auto& opset : *model.mutable_opset_import())
        opset.set_version(std::max<std::int64_t>(7, opset.version()));
    const std::string bytes = model.SerializeAsString();
    run.graph = onnx::from_bytes(std::as_bytes(std::span(bytes)));
    for (const Value& input : run.graph.inputs) {
        const auto fed = run.inputs.find(input.name);
        if (fed != run.inputs.end()) fed->second = as_declared(fed->second, input.type.dtype);
    }
    return run;
}

inline double tolerance_of(const std::string& name, DType dtype) {
    if (dtype == DType::f16 || dtype == DType::bf16) return 1e-2;
    // Their outputs come with four digits.
    if (name.find("roialign") != std::string::npos || name.find("gridsample") != std::string::npos)
        return 1e-3;
    // The expansions of window functions take pi as 3.14159.
    return name.ends_with("_expanded") && name.find("window") != std::string::npos ? 1e-3 : 1e-4;
}

/// How `got` differs; empty if it does not.
inline std::string difference(const Tensor& got, const Tensor& expected, double tolerance) {
    if (got.dtype() != expected.dtype() || got.shape() != expected.shape()) {
        return std::string(name_of(got.dtype())) + " " + to_string(got.shape()) + ", expected " +
               std::string(name_of(expected.dtype())) + " " + to_string(expected.shape());
    }
    const Tensor a = converted(got, DType::f64);
    const Tensor b = converted(expected, DType::f64);
    for (std::size_t i = 0; i < b.as<double>().size(); ++i) {
        const double wanted = b.as<double>()[i];
        const double value = a.as<double>()[i];
        if (wanted == value || (std::isnan(wanted) && std::isnan(value))) continue;
        if (std::abs(value - wanted) <= tolerance / 10 + tolerance * std::abs(wanted)) continue;
        return "element " + std::to_string(i) + " is " + std::to_string(value) + ", expected " +
               std::to_string(wanted);
    }
    return {};
}

inline const char* describe(Feed feed) {
    return feed == Feed::all       ? "all inputs are fed"
           : feed == Feed::numbers ? "integers are constant"
                                   : "one input is fed";
}

/// How `outputs` differ from those that come with the case; empty if they do not.
inline std::string difference(const std::string& name, const std::vector<Tensor>& outputs) {
    const auto expected = read_protos(data_folder() / name, "output");
    if (outputs.size() != expected.size()) return std::to_string(outputs.size()) + " outputs";
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const Tensor wanted = as_declared(onnx::to_tensor(expected[i]), outputs[i].dtype());
        const std::string found = difference(outputs[i], wanted, tolerance_of(name, outputs[i].dtype()));
        if (!found.empty()) return "output " + std::to_string(i) + ": " + found;
    }
    return {};
}

/// Runs a case: `outputs_of` gives its outputs or throws. One that does not apply, for a `reason`, must fail;
/// any other must pass however it is fed.
template <class Outputs>
void check_case(const std::string& name, const std::string& reason, const Outputs& outputs_of) {
    if (!reason.empty()) {
        std::string failure;
        try {
            failure = difference(name, outputs_of(name, Feed::first));
        } catch (const Error& error) {
            failure = error.what();
        }
        EXPECT_FALSE(failure.empty()) << "applies now: " << reason;
        return;
    }
    for (const Feed feed : {Feed::all, Feed::numbers, Feed::first}) {
        SCOPED_TRACE(describe(feed));
        try {
            EXPECT_EQ(difference(name, outputs_of(name, feed)), "");
        } catch (const Unsupported& error) {
            // The number of dimensions must not depend on what is fed, as where axes are.
            EXPECT_EQ(feed, Feed::all) << error.what();
        } catch (const Error& error) {
            ADD_FAILURE() << error.what();
        }
    }
}

/// Whether a name is as a pattern, in which one * stands for any text.
inline bool fits(std::string_view name, std::string_view pattern) {
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) return name == pattern;
    const std::string_view front = pattern.substr(0, star);
    const std::string_view back = pattern.substr(star + 1);
    return name.size() >= front.size() + back.size() && name.starts_with(front) && name.ends_with(back);
}

/// Patterns of names by the reason why these cases do not apply.
using NotApplicable = std::map<std::string, std::vector<std::string>>;

/// Empty where the case applies.
inline std::string reason_among(const NotApplicable& cases, std::string_view name) {
    for (const auto& [reason, patterns] : cases) {
        if (std::ranges::any_of(patterns, [&](const auto& pattern) { return fits(name, pattern); }))
            return reason;
    }
    return {};
}

/// What the list names is there: a case that was renamed is not listed for ever.
inline void expect_every_pattern_names_one(const NotApplicable& cases) {
    const auto names = case_names();
    if (names.empty()) GTEST_SKIP() << "libonnx-testdata is not installed";
    for (const auto& [reason, patterns] : cases) {
        for (const auto& pattern : patterns) {
            EXPECT_TRUE(std::ranges::any_of(names, [&](const auto& name) { return fits(name, pattern); }))
                << pattern;
        }
    }
}

/// A name that GoogleTest takes.
inline std::string test_name(std::string name) {
    std::ranges::replace_if(
        name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
    return name;
}

}  // namespace espalier::test
