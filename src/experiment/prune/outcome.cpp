#include "experiment/prune/outcome.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/compression.h"
#include "base/files.h"
#include "base/text/numbers.h"
#include "base/text/text_table.h"
#include "espalier/error.h"
#include "espalier/onnx.h"
#include "espalier/report.h"
#include "experiment/prune/store_halves.h"
#include "report/speed_up.h"
#include "report/text.h"
#include "store/tables/score_name.h"
#include "surgery/pass.h"

namespace espalier::experiment {
namespace {

using Json = nlohmann::ordered_json;
using report::Spread;

/// One level of the ticket, over replicates.
struct Level {
    int level = 0;
    Spread accuracy;
    std::vector<std::pair<store::MetricValue, Spread>> metrics;  // on the test split
    Spread weights, macs;
    Spread bytes;                               // count 0: not measured
    Spread latency_ms, dense_ms;                // means of medians, between all percentiles
    report::SpeedUp speed_up;                   // over its own dense form, timed in turn
    std::optional<store::Latency> as_measured;  // batch and threads
};

template <class Items, class Value>
Spread over(const Items& items, Value value) {
    std::vector<double> values;
    for (const auto& item : items) values.push_back(static_cast<double>(value(item)));
    return report::spread(values);
}

/// Mean of the medians, between the least 10th and the greatest 90th percentile.
Spread around(const std::vector<store::Latency>& all, double store::Latency::*median,
              double store::Latency::*low, double store::Latency::*high) {
    const auto of = [&](double store::Latency::*member) {
        return over(all, [&](const store::Latency& one) { return one.*member; });
    };
    return {of(median).mean, of(low).low, of(high).high, static_cast<int>(all.size())};
}

/// Of what was measured, what `bench` asks for: a run may hold other batches and numbers of threads too.
Level level_of(const store::Run& run, const std::vector<store::Stage>& all, int number,
               const Recipe::Bench& bench) {
    std::vector<store::Stage> stages;
    for (const store::Stage& stage : all) {
        if (stage.arm == "ticket" && stage.level == number) stages.push_back(stage);
    }
    std::vector<store::Latency> latencies;
    for (const store::Latency& latency : run.latencies()) {
        if (latency.level == number && latency.batch == bench.batch && latency.threads == bench.threads)
            latencies.push_back(latency);
    }
    std::vector<report::SpeedUp> speed_ups;
    for (const store::Latency& latency : latencies) speed_ups.push_back(report::speed_up_of(latency));
    Level level{.level = number,
                .accuracy = over(stages, [](const store::Stage& s) { return s.test_accuracy; }),
                .metrics = {},
                .weights = over(stages, [](const store::Stage& s) { return s.weights_left(); }),
                .macs = over(stages, [](const store::Stage& s) { return s.macs_left(); }),
                .bytes = over(latencies, [](const store::Latency& l) { return l.file_bytes; }),
                .latency_ms = around(latencies, &store::Latency::median_ms, &store::Latency::low_ms,
                                     &store::Latency::high_ms),
                .dense_ms = around(latencies, &store::Latency::dense_median_ms, &store::Latency::dense_low_ms,
                                   &store::Latency::dense_high_ms),
                .speed_up = report::over_replicates(speed_ups),
                .as_measured = {}};
    if (!latencies.empty()) level.as_measured = latencies.front();
    const std::size_t metrics = stages.empty() ? 0 : stages.front().metrics.size();
    for (std::size_t i = 0; i < metrics; ++i) {
        level.metrics.emplace_back(stages.front().metrics[i],
                                   over(stages, [&](const store::Stage& s) { return s.metrics.at(i).test; }));
    }
    return level;
}

struct Outcome {
    Level before, after;
};

std::optional<Outcome> outcome_of(const store::Run& run, const Recipe::Bench& bench) {
    const std::vector<store::Stage> stages = run.stages();
    int last = 0;
    for (const store::Stage& stage : stages) {
        if (stage.arm == "ticket") last = std::max(last, stage.level);
    }
    if (last == 0) return {};
    return Outcome{level_of(run, stages, 0, bench), level_of(run, stages, last, bench)};
}

std::string points(const Spread& after, const Spread& before) {
    return fmt::format("{:+.2f} points", 100 * (after.mean - before.mean));
}

/// "91.20 %", with its range over replicates.
std::string percent(const Spread& value) {
    if (value.count < 2) return fmt::format("{:.2f} %", 100 * value.mean);
    return fmt::format("{:.2f} % ({:.2f}–{:.2f})", 100 * value.mean, 100 * value.low, 100 * value.high);
}

std::string share(const Spread& after, const Spread& before) {
    return before.mean > 0 ? fmt::format("{:.1f} %", 100 * after.mean / before.mean) : "";
}

Json level_json(const Level& level, const std::string& score) {
    Json metrics = Json::object();
    for (const auto& [metric, value] : level.metrics) metrics[metric.name] = value.mean;
    return {{"level", level.level},
            {"test_" + score, level.accuracy.mean},
            {"metrics", metrics},
            {"weights", level.weights.mean},
            {"file_bytes", level.bytes.mean},
            {"macs", level.macs.mean},
            {"median_ms", level.latency_ms.mean},
            {"dense_median_ms", level.dense_ms.mean},
            {"speedup_interval", report::to_json(level.speed_up)}};
}

}  // namespace

Written write_to_run(Graph graph, const std::filesystem::path& path, const std::vector<std::string>& without,
                     bool as_halves) {
    Written written{.path = path, .passes = surgery::simplify(graph, without)};
    if (as_halves) {
        const StoredHalves stored = store_as_halves(graph);
        written.halves = stored.tensors;
        written.halves_change = stored.largest_change;
        written.halves_kept = stored.kept;
    }
    written.bytes = onnx::write(path, graph);
    graph = {};  // the file is read again, and need not lie beside it
    written.zstd_bytes =
        is_compressed_name(path.native()) ? written.bytes : compressed(read_file(path)).size();
    return written;
}

std::string halves_text(const Written& written) {
    std::string text;
    if (written.halves > 0) {
        text = fmt::format(
            "{} tensors are stored as f16 and read as f32: values change by at most {:.2g} of the largest\n",
            written.halves, written.halves_change);
    }
    if (written.halves_kept > 0)
        text += fmt::format("{} tensors stay f32, of numbers that f16 does not have\n", written.halves_kept);
    return text;
}

std::string size_text(const Written& written) {
    if (is_compressed_name(written.path.native())) return format_bytes(written.bytes);
    return fmt::format("{} ({} as {}.zst)", format_bytes(written.bytes), format_bytes(written.zstd_bytes),
                       written.path.filename().string());
}

std::string describe(const std::vector<surgery::PassResult>& passes) {
    std::vector<std::string> parts;
    std::string without;
    for (const surgery::PassResult& pass : passes) {
        if (pass.changed == 0) continue;
        parts.push_back(fmt::format("{} {} node{} in {:.1f} ms", pass.name, pass.changed,
                                    pass.changed == 1 ? "" : "s", pass.milliseconds));
        if (!surgery::passes().get(pass.name).keeps_training) without += " --without-pass " + pass.name;
    }
    if (parts.empty()) return "";
    std::string text = fmt::format("passes took out: {}\n", fmt::join(parts, ", "));
    if (!without.empty())
        text +=
            fmt::format("note: the network is made to be run; to train it on, write it with{}\n", without);
    return text;
}

Json to_json(const std::vector<surgery::PassResult>& passes) {
    Json list = Json::array();
    for (const surgery::PassResult& pass : passes)
        list.push_back({{"name", pass.name}, {"nodes", pass.changed}, {"milliseconds", pass.milliseconds}});
    return list;
}

std::filesystem::path last_ticket(const store::Run& run) {
    std::optional<store::Stage> best;
    for (const store::Stage& stage : run.stages()) {
        if (stage.arm != "ticket") continue;
        const bool is_better =
            !best || stage.level > best->level ||
            (stage.level == best->level && stage.validation_accuracy > best->validation_accuracy);
        if (is_better) best = stage;
    }
    if (!best) throw BadData(fmt::format("{}: no stage of the ticket is finished", run.folder().string()));
    return run.ticket_path(best->level, best->replicate);
}

std::string outcome_table(const store::Run& run, const Recipe::Bench& bench, std::size_t width) {
    const auto outcome = outcome_of(run, bench);
    if (!outcome) return "";
    const auto& [before, after] = *outcome;
    TextTable table({{""}, {"before"}, {fmt::format("pruned, level {}", after.level)}, {""}});
    table.add({"test " + store::score_name(run.facts()), percent(before.accuracy), percent(after.accuracy),
               points(after.accuracy, before.accuracy)});
    for (std::size_t i = 0; i < before.metrics.size(); ++i) {
        const auto& [metric, was] = before.metrics[i];
        const Spread& is = after.metrics.at(i).second;
        if (metric.is_share) {
            table.add({metric.name, percent(was), percent(is), points(is, was)});
        } else {
            table.add({metric.name, fmt::format("{:.4g}", was.mean), fmt::format("{:.4g}", is.mean), ""});
        }
    }
    const auto count = [](const Spread& value) { return with_commas(std::llround(value.mean)); };
    table.add({"weights", count(before.weights), count(after.weights), share(after.weights, before.weights)});
    if (before.macs.mean > 0)
        table.add({"MACs", count(before.macs), count(after.macs), share(after.macs, before.macs)});
    if (before.bytes.count > 0 && after.bytes.count > 0) {
        const auto bytes = [](const Spread& value) {
            return format_bytes(static_cast<std::uintmax_t>(value.mean));
        };
        table.add({"file", bytes(before.bytes), bytes(after.bytes), share(after.bytes, before.bytes)});
        // Dense is timed in turn with the pruned network: times taken apart differ by themselves.
        table.add({fmt::format("latency, batch {}, threads {}", after.as_measured->batch,
                               after.as_measured->threads),
                   report::duration(after.dense_ms), report::duration(after.latency_ms),
                   report::times_with_interval(after.speed_up)});
    }
    return table.text(width);
}

Json outcome_json(const store::Run& run, const Recipe::Bench& bench) {
    const auto outcome = outcome_of(run, bench);
    if (!outcome) return nullptr;
    const std::string score = store::score_key(run.facts());
    return {{"before", level_json(outcome->before, score)}, {"after", level_json(outcome->after, score)}};
}

}  // namespace espalier::experiment
