// Names in the file: weights/NAME, optimizer/NAME/I, movement/NAME, mask/NAME and explored/NAME (words),
// best/NAME, snapshot/STEP/NAME, curve [n, 4] and numbers, both f64: exact for every float and for steps
// below 2^53.
#include "train/loop/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/files.h"
#include "espalier/error.h"
#include "espalier/safetensors.h"

namespace espalier::train {
namespace {

constexpr const char* kFormat = "espalier checkpoint 1";
constexpr std::size_t kNumbers = 9;
constexpr std::size_t kColumns = 4;

void put(NamedTensors& file, const std::string& folder, const NamedTensors& tensors) {
    for (const auto& [name, tensor] : tensors) file.emplace(folder + name, tensor);
}

/// Moves what lies under `folder` out of `file`.
NamedTensors take(NamedTensors& file, const std::string& folder) {
    NamedTensors out;
    for (auto at = file.lower_bound(folder); at != file.end() && at->first.starts_with(folder);) {
        out.emplace(at->first.substr(folder.size()), std::move(at->second));
        at = file.erase(at);
    }
    return out;
}

Tensor numbers_of(const Checkpoint& c) {
    const std::array<double, kNumbers> values = {static_cast<double>(c.step),
                                                 static_cast<double>(c.updates),
                                                 c.last_loss,
                                                 c.loss_sum,
                                                 static_cast<double>(c.loss_count),
                                                 static_cast<double>(c.best_step),
                                                 c.best_loss,
                                                 c.best_accuracy,
                                                 c.seconds};
    return Tensor::of<double>({kNumbers}, values);
}

void set_numbers(Checkpoint& c, std::span<const double> values) {
    if (values.size() != kNumbers)
        throw BadData(fmt::format("{} numbers, expected {}", values.size(), kNumbers));
    c.step = static_cast<std::int64_t>(values[0]);
    c.updates = static_cast<std::int64_t>(values[1]);
    c.last_loss = values[2];
    c.loss_sum = values[3];
    c.loss_count = static_cast<std::int64_t>(values[4]);
    c.best_step = static_cast<std::int64_t>(values[5]);
    c.best_loss = values[6];
    c.best_accuracy = values[7];
    c.seconds = values[8];
}

Tensor curve_of(const Checkpoint& c) {
    std::vector<double> values;
    for (const store::Evaluation& at : c.curve) {
        values.insert(values.end(), {static_cast<double>(at.step), at.validation_loss, at.validation_accuracy,
                                     at.train_loss});
    }
    return Tensor::of<double>({static_cast<std::int64_t>(c.curve.size()), kColumns}, values);
}

void set_curve(Checkpoint& c, std::span<const double> values) {
    for (std::size_t i = 0; i + kColumns <= values.size(); i += kColumns) {
        c.curve.push_back({.step = static_cast<std::int64_t>(values[i]),
                           .validation_loss = values[i + 1],
                           .validation_accuracy = values[i + 2],
                           .train_loss = values[i + 3]});
    }
}

prune::MaskSet masks_of(const NamedTensors& words, const Weights& weights) {
    prune::MaskSet masks;
    for (const auto& [name, tensor] : words) {
        const auto weight = weights.find(name);
        if (weight == weights.end()) throw BadData(fmt::format("mask \"{}\" belongs to no weight", name));
        prune::Mask mask(weight->second.shape(), false);
        const auto given = tensor.as<std::uint64_t>();
        if (given.size() != mask.words().size())
            throw BadData(fmt::format("mask \"{}\" has {} words, expected {}", name, given.size(),
                                      mask.words().size()));
        std::ranges::copy(given, mask.words().begin());
        masks.insert(name, std::move(mask));
    }
    return masks;
}

void put(NamedTensors& file, const std::string& folder, const prune::MaskSet& masks) {
    for (const auto& [name, mask] : masks) {
        file.emplace(folder + name, Tensor::of<std::uint64_t>(
                                        {static_cast<std::int64_t>(mask.words().size())}, mask.words()));
    }
}

void set_snapshots(Checkpoint& c, NamedTensors tensors) {
    for (auto& [name, tensor] : tensors) {
        std::int64_t step = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), step);
        if (error != std::errc() || end == name.data() + name.size() || *end != '/')
            throw BadData(fmt::format("\"{}\" is not of a snapshot", name));
        const auto from = static_cast<std::size_t>(end - name.data()) + 1;
        c.snapshots[step].emplace(name.substr(from), std::move(tensor));
    }
}

Checkpoint parse(SafetensorsFile file, const std::string& key) {
    const auto fact = [&](const char* name) {
        const auto at = file.metadata.find(name);
        return at == file.metadata.end() ? std::string() : at->second;
    };
    if (fact("format") != kFormat)
        throw BadData(
            fmt::format("not a checkpoint: format \"{}\", expected \"{}\"", fact("format"), kFormat));
    if (fact("training") != key)
        throw BadData(fmt::format("a checkpoint of training {}, expected one of {}", fact("training"), key));
    const auto need = [&](const char* name) {
        const auto at = file.tensors.find(name);
        if (at == file.tensors.end()) throw BadData(fmt::format("\"{}\" is missing", name));
        return at->second.as<double>();
    };
    Checkpoint c;
    c.memo = fact("memo");
    set_numbers(c, need("numbers"));
    set_curve(c, need("curve"));
    c.weights = take(file.tensors, "weights/");
    c.optimizer = take(file.tensors, "optimizer/");
    c.movement = take(file.tensors, "movement/");
    c.best_weights = take(file.tensors, "best/");
    c.masks = masks_of(take(file.tensors, "mask/"), c.weights);
    c.explored = masks_of(take(file.tensors, "explored/"), c.weights);
    set_snapshots(c, take(file.tensors, "snapshot/"));
    return c;
}

}  // namespace

void save(const std::filesystem::path& path, const std::string& key, const Checkpoint& c) {
    NamedTensors file;
    put(file, "weights/", c.weights);
    put(file, "optimizer/", c.optimizer);
    put(file, "movement/", c.movement);
    put(file, "best/", c.best_weights);
    put(file, "mask/", c.masks);
    put(file, "explored/", c.explored);
    for (const auto& [step, weights] : c.snapshots) put(file, fmt::format("snapshot/{}/", step), weights);
    file.emplace("curve", curve_of(c));
    file.emplace("numbers", numbers_of(c));
    write_safetensors(path, file, {{"format", kFormat}, {"training", key}, {"memo", c.memo}});
}

std::optional<Checkpoint> load_checkpoint(const std::filesystem::path& path, const std::string& key) {
    if (!file_exists(path)) return {};
    constexpr const char* kRemedy = "without this file training begins anew";
    SafetensorsFile file;
    try {
        file = read_safetensors(path);
    } catch (const BadData& error) {  // it names the file
        throw BadData(fmt::format("{}; {}", error.what(), kRemedy));
    }
    try {
        return parse(std::move(file), key);
    } catch (const BadData& error) {
        throw BadData(fmt::format("{}: {}; {}", path.string(), error.what(), kRemedy));
    } catch (const InvalidArgument& error) {
        throw BadData(fmt::format("{}: {}; {}", path.string(), error.what(), kRemedy));
    }
}

}  // namespace espalier::train
