#include "espalier/data.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/random.h"
#include "data/dataset_format.h"
#include "data/statistics.h"
#include "espalier/error.h"

namespace espalier::data {
namespace {

/// Those rows of a tensor.
Tensor rows_of(const Tensor& from, std::span<const std::uint32_t> indices) {
    Shape shape = from.shape();
    const auto count = static_cast<std::size_t>(shape[0]);
    shape[0] = static_cast<std::int64_t>(indices.size());
    Tensor out = Tensor::for_overwrite(from.dtype(), shape);
    const std::size_t size = count > 0 ? from.bytes().size() / count : 0;
    for (std::size_t i = 0; i < indices.size(); ++i)
        std::ranges::copy(from.bytes().subspan(indices[i] * size, size), out.bytes().data() + i * size);
    return out;
}

/// `count` randomly chosen examples, in the order of the file.
Examples sample(const Examples& all, std::int64_t count, std::uint64_t seed) {
    Random random(seed, "data/test");
    auto order = random_permutation(static_cast<std::uint32_t>(all.count()), random);
    order.resize(static_cast<std::size_t>(count));
    std::sort(order.begin(), order.end());
    return select(all, order);
}

/// Moves `count` randomly chosen examples to `validation`. Both keep the order of the file.
void split(const Examples& all, std::int64_t count, std::uint64_t seed, Examples& train,
           Examples& validation) {
    Random random(seed, "data/validation");
    auto order = random_permutation(static_cast<std::uint32_t>(all.count()), random);
    const auto middle = order.begin() + count;
    std::sort(order.begin(), middle);
    std::sort(middle, order.end());
    const std::span<const std::uint32_t> indices(order);
    validation = select(all, indices.first(static_cast<std::size_t>(count)));
    train = select(all, indices.subspan(static_cast<std::size_t>(count)));
}

Normalization normalization_of(const StoredDataset& stored, const DatasetFormat& format,
                               const std::string& choice) {
    if (!stored.train.are_images() && choice.empty()) return {};
    if (choice == "computed" && stored.train.images().dtype() == DType::i64)
        throw InvalidArgument("normalize = \"computed\": integers are not normalised, expected \"\"");
    if (choice == "computed" && !stored.train.are_images() && stored.train.inputs.size() > 1)
        throw InvalidArgument("normalize = \"computed\": of several inputs only images are normalised");
    if (choice == "computed" || (choice.empty() && !stored.normalization))
        return statistics_of(stored.train.inputs.front());
    if (!choice.empty() && choice != "stored") {
        throw InvalidArgument(
            fmt::format("normalize = \"{}\": expected \"stored\", \"computed\" or \"\"", choice));
    }
    if (!stored.normalization) {
        throw InvalidArgument(fmt::format(
            "normalize = \"stored\": there are no constants for data set \"{}\", expected \"computed\"",
            format.name));
    }
    return *stored.normalization;
}

}  // namespace

Examples select(const Examples& all, std::span<const std::uint32_t> indices) {
    Examples out;
    out.inputs.clear();
    for (const Input& input : all.inputs)
        out.inputs.push_back({.name = input.name, .values = rows_of(input.values, indices)});
    out.targets = rows_of(all.targets, indices);
    return out;
}

Dataset load(const Source& source) {
    const DatasetFormat& format = datasets().get(source.dataset);
    if (!source.ignore.empty() && !format.has_padding)
        throw InvalidArgument(fmt::format("ignore: \"{}\" has a label for every example", format.name));
    StoredDataset stored = format.read(source);
    if (source.validation < 0 || source.validation >= stored.train.count()) {
        throw InvalidArgument(
            fmt::format("validation = {}: expected 0 to {}, for \"{}\" has {} training examples",
                        source.validation, stored.train.count() - 1, format.name, stored.train.count()));
    }
    if (source.test < 0 || source.test > stored.test.count()) {
        throw InvalidArgument(
            fmt::format("test = {}: expected 0 (all) to {}, for \"{}\" has {} test examples", source.test,
                        stored.test.count(), format.name, stored.test.count()));
    }
    Dataset dataset;
    dataset.name = format.name;
    dataset.test =
        source.test == 0 ? std::move(stored.test) : sample(stored.test, source.test, source.split_seed);
    dataset.normalization = normalization_of(stored, format, source.normalize);
    dataset.classes = stored.classes;
    split(stored.train, source.validation, source.split_seed, dataset.train, dataset.validation);
    return dataset;
}

std::int64_t steps_per_epoch(std::int64_t count, std::int64_t batch_size) {
    return (count + batch_size - 1) / batch_size;
}

std::vector<std::uint32_t> epoch_order(std::uint64_t seed, std::int64_t epoch, std::int64_t count) {
    if (count < 0 || count > std::numeric_limits<std::uint32_t>::max()) {
        throw InvalidArgument(fmt::format("an epoch of {} examples, expected 0 to 4,294,967,295", count));
    }
    Random random(seed, fmt::format("order/epoch {}", epoch));
    return random_permutation(static_cast<std::uint32_t>(count), random);
}

}  // namespace espalier::data
