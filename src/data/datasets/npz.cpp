// NumPy arrays: x_train, y_train, x_test and y_test in one .npz, or as npy files in a folder. For networks of
// several inputs x_train.NAME and x_test.NAME, by the names of the inputs.
// Inputs: images are u8 [n, h, w] or [n, c, h, w]; other numbers floating point, integers or bool [n, ...].
// Targets: data/targets.h.
#include <fmt/format.h>

#include <algorithm>

#include "data/arrays.h"
#include "data/check.h"
#include "data/targets.h"
#include "espalier/error.h"
#include "tensor/convert.h"

namespace espalier::data::datasets_::npz_ {
namespace {

/// Features, tokens or masks, in the types that batches have.
Tensor numbers_of(NamedArray from) {
    const DType dtype = from.array.dtype();
    if (dtype == DType::bf16 || dtype == DType::u64) {
        throw BadData(
            fmt::format("{}: examples are {}, expected u8 (images), other integers, bool or floating "
                        "point",
                        from.where, name_of(dtype)));
    }
    const bool is_real = dtype == DType::f32 || dtype == DType::f64 || dtype == DType::f16;
    return converted(from.array, is_real ? DType::f32 : DType::i64);
}

/// "x_train" or, of several inputs, "x_train.mask".
std::string array_name(const std::string& base, const std::string& input) {
    return input.empty() ? base : base + "." + input;
}

Tensor values_of(NamedArray from, bool is_only) {
    const Shape shape = from.array.shape();
    if (shape.empty() || (is_only && shape.size() < 2))
        throw BadData(fmt::format("{}: examples are {}, expected [n, ...]", from.where, to_string(shape)));
    if (from.array.dtype() != DType::u8) return numbers_of(std::move(from));
    if (shape.size() == 3) return std::move(from.array).reshaped({shape[0], 1, shape[1], shape[2]});
    if (shape.size() != 4) {
        throw BadData(fmt::format("{}: images are {}, expected [n, h, w] or [n, c, h, w]{}", from.where,
                                  to_string(shape),
                                  is_only ? "" : "; other numbers in another type than u8"));
    }
    if (shape[1] > 4 && shape[3] <= 4) {
        throw BadData(
            fmt::format("{}: images are {}, which looks like [n, h, w, c], expected [n, c, h, w]: "
                        "numpy.transpose(x, (0, 3, 1, 2))",
                        from.where, to_string(shape)));
    }
    return std::move(from.array);
}

/// Images come first, the others by name.
void sort_inputs(std::vector<Input>& inputs, const std::string& where) {
    std::stable_partition(inputs.begin(), inputs.end(),
                          [](const Input& input) { return input.are_images(); });
    if (inputs.size() < 2 || !inputs[1].are_images()) return;
    throw BadData(
        fmt::format("{}: inputs \"{}\" and \"{}\" are both images (u8), expected one at most; others as "
                    "floating point",
                    where, inputs[0].name, inputs[1].name));
}

Examples examples_of(const Arrays& arrays, const std::string& x, const std::string& y,
                     std::span<const std::int64_t> ignore) {
    Examples examples;
    examples.inputs.clear();
    const std::vector<std::string> names = arrays.suffixes(x);
    const NamedArray targets = arrays.get(y);
    examples.targets = targets_of(targets, ignore);
    for (const std::string& name : names) {
        NamedArray array = arrays.get(array_name(x, name));
        const std::string where = array.where;
        Input& input = examples.inputs.emplace_back(
            Input{.name = name, .values = values_of(std::move(array), names.front().empty())});
        if (input.count() == examples.count()) continue;
        throw BadData(fmt::format("{} holds {} {}, but {} holds {} {}", where, input.count(),
                                  input.are_images() ? "images" : "examples", targets.where, examples.count(),
                                  examples.have_classes() ? "labels" : "targets"));
    }
    sort_inputs(examples.inputs, arrays.where());
    return examples;
}

void check_targets(const StoredDataset& stored, const std::string& where) {
    const Tensor& train = stored.train.targets;
    const Tensor& test = stored.test.targets;
    if (train.dtype() != test.dtype()) {
        const auto kind = [](const Tensor& targets) {
            return targets.dtype() == DType::i32 ? "classes (integers)" : "numbers (floating point)";
        };
        throw BadData(fmt::format("{}: y_train is {}, but y_test is {}", where, kind(train), kind(test)));
    }
    if (std::equal(train.shape().begin() + 1, train.shape().end(), test.shape().begin() + 1,
                   test.shape().end()))
        return;
    throw BadData(fmt::format("{}: y_train is {}, but y_test is {}", where, to_string(train.shape()),
                              to_string(test.shape())));
}

StoredDataset read(const Source& source) {
    const Arrays arrays(source.path);
    StoredDataset stored;
    stored.train = examples_of(arrays, "x_train", "y_train", source.ignore);
    stored.test = examples_of(arrays, "x_test", "y_test", source.ignore);
    check_inputs(stored, arrays.where());
    check_targets(stored, arrays.where());
    stored.classes = count_classes(stored.train.targets, arrays.where());
    if (stored.test.have_classes())
        check_labels(stored.test.targets, stored.classes, arrays.where() + ": y_test");
    return stored;
}

}  // namespace

extern const DatasetFormat npz{
    .name = "npz",
    .summary = "your NumPy arrays: x_train, y_train, x_test, y_test in one .npz, or npy files",
    .read = read,
    .has_padding = true};

}  // namespace espalier::data::datasets_::npz_
