#include "lottery/stage/stability.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "base/files.h"
#include "base/hash.h"
#include "espalier/error.h"
#include "espalier/safetensors.h"
#include "lottery/network/examples.h"
#include "lottery/stage/stage_files.h"
#include "lottery/stage/train_stage.h"
#include "train/loop/trainer.h"
#include "train/ranks/ranks.h"

namespace espalier::lottery {
namespace {

std::string copy_file(int copy) { return fmt::format("copy-{}.safetensors", copy); }

/// The end of one copy; a copy that is done is not trained again.
Weights end_of_copy(StageContext& context, const Start& start, int copy, const StageOptions& options) {
    const StageSpec& stage = context.stage();
    const std::filesystem::path file = context.file(stage, copy_file(copy));
    const std::string checkpoint = fmt::format("{}-{}", copy, kCheckpoint);
    const bool writes = train::writes(options.ranks);
    const std::string here = file_exists(file) ? "there" : "not there";
    const bool is_there = (options.ranks == nullptr ? here : options.ranks->from_first(here)) == "there";
    if (is_there && !writes) return {};  // the first measures
    if (is_there) {
        remove_file(context.file(stage, checkpoint));  // a process may have been killed before it did
        return read_safetensors(file).tensors;
    }
    const train::Outcome outcome =
        train_stage(context,
                    {.start = start,
                     .first_step = stage.first_step,
                     .last_step = stage.last_step,
                     .order_seed = hash_u64(fmt::format("stability/copy {}", copy), context.seed()),
                     .checkpoint = checkpoint},
                    options);
    if (!writes) return {};
    write_safetensors(file, outcome.weights);
    remove_file(context.file(stage, checkpoint));
    return outcome.weights;
}

Weights between(const Weights& first, const Weights& second, double alpha) {
    Weights out = first;
    for (auto& [name, tensor] : out) {
        const auto other = second.at(name).f32();
        const auto values = tensor.f32();
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = static_cast<float>(alpha * double{values[i]} + (1 - alpha) * double{other[i]});
        }
    }
    return out;
}

/// The points measured so far, kept in a file of rows alpha, training error, test error.
class Line {
  public:
    Line(std::filesystem::path file, double seconds) : file_(std::move(file)), seconds_(seconds) {
        if (!file_exists(file_)) return;
        const NamedTensors tensors = read_safetensors(file_).tensors;
        const auto found = tensors.find(kName);
        if (found == tensors.end())
            throw BadData(fmt::format("{}: \"{}\" is missing", file_.string(), kName));
        const auto values = found->second.as<double>();
        for (std::size_t i = 0; i + 3 <= values.size(); i += 3)
            points_.push_back({values[i], values[i + 1], values[i + 2]});
    }

    const std::vector<store::Stability::Point>& points() const { return points_; }

    void add(const store::Stability::Point& point) {
        points_.push_back(point);
        const std::chrono::duration<double> since = Clock::now() - written_;
        if (since.count() >= seconds_) write();
    }

    void write() {
        std::vector<double> values;
        for (const auto& [alpha, train, test] : points_) values.insert(values.end(), {alpha, train, test});
        const auto rows = static_cast<std::int64_t>(points_.size());
        write_safetensors(file_, {{kName, Tensor::of<double>({rows, 3}, values)}});
        written_ = Clock::now();
    }

  private:
    using Clock = std::chrono::steady_clock;
    static constexpr const char* kName = "points";

    std::filesystem::path file_;
    double seconds_;
    Clock::time_point written_ = Clock::now();
    std::vector<store::Stability::Point> points_;
};

/// Tells that the next point is to come. An interrupt leaves what there is.
void report(const StageOptions& options, const StageSpec& stage, Line& line) {
    if (!options.on_progress) return;
    try {
        options.on_progress({.step = stage.last_step, .last_step = stage.last_step});
    } catch (const Interrupted&) {
        line.write();
        throw;
    }
}

}  // namespace

store::Stability measure_stability(StageContext& context, const StageOptions& options) {
    const StageSpec& stage = context.stage();
    const Recipe::Experiment& settings = context.recipe().experiment;
    const Start start{.weights = context.read(stage.dense, step_file(stage.first_step)),
                      .masks = context.masks_of(stage.parent)};
    const Weights first = end_of_copy(context, start, 1, options);
    const Weights second = end_of_copy(context, start, 2, options);
    if (!train::writes(options.ranks)) return {};
    const data::Dataset& dataset = context.dataset();
    data::Examples some_train;
    data::Examples some_test;
    const auto measured = [&](const data::Examples& all, data::Examples& some) -> const data::Examples& {
        const std::int64_t count = settings.stability_examples;
        if (count == 0 || count >= all.count()) return all;
        return some = drawn(all, count, context.seed());
    };
    const data::Examples& train = measured(dataset.train, some_train);
    const data::Examples& test = measured(dataset.test, some_test);
    Line line(context.file(stage, kLine), options.checkpoint_seconds);
    const std::int64_t last = settings.stability_points - 1;
    for (auto i = static_cast<std::int64_t>(line.points().size()); i <= last; ++i) {
        report(options, stage, line);
        const double alpha = static_cast<double>(i) / static_cast<double>(last);
        const bool is_end = i == 0 || i == last;
        Weights weights = is_end ? (i == 0 ? second : first) : between(first, second, alpha);
        if (!is_end) {
            weights = train::with_statistics(context.graph(), weights, dataset, context.recipe(),
                                             context.recipe().retrain.batch_norm_batches, context.seed());
        }
        const auto error = [&](const data::Examples& examples) {
            return 1 - train::evaluate(context.graph(), weights, examples, dataset.normalization,
                                       context.recipe(), 1)
                           .score;
        };
        line.add({alpha, error(train), error(test)});
    }
    return {.hash = stage.hash,
            .level = stage.level(),
            .replicate = stage.replicate,
            .step = stage.first_step,
            .points = line.points()};
}

}  // namespace espalier::lottery
