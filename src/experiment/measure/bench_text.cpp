#include "experiment/measure/bench_text.h"

#include <fmt/format.h>

#include "base/text/numbers.h"
#include "base/text/text_table.h"
#include "report/speed_up.h"
#include "report/text.h"

namespace espalier::experiment {
namespace {

using Json = nlohmann::ordered_json;

report::Spread chosen_ms(const runtime::BenchResult& result) {
    return {result.median_ms, result.low_ms, result.high_ms, 1};
}

report::Spread dense_ms(const runtime::BenchResult& result) {
    return {result.dense_median_ms, result.dense_low_ms, result.dense_high_ms, 1};
}

report::SpeedUp speed_up_of(const runtime::BenchResult& result) {
    return {result.speedup, result.speedup_low, result.speedup_high};
}

std::string microseconds(double us) { return us > 0 ? report::duration(us / 1000) : "–"; }

}  // namespace

Json to_json(const runtime::BenchResult& result, const std::filesystem::path& model, const Paying& paying) {
    Json layers = Json::array();
    for (const auto& layer : result.layers) {
        layers.push_back({{"node", layer.node},
                          {"op", layer.op},
                          {"weights", layer.weights},
                          {"weights_left", layer.weights_left},
                          {"kernel", layer.kernel},
                          {"why", layer.why},
                          {"predicted_us", layer.predicted_us},
                          {"measured_us", layer.measured_us},
                          {"dense_us", layer.dense_us},
                          {"threads", layer.threads}});
        if (const auto pays = paying.find(layer.node); pays != paying.end())
            layers.back()["would_pay"] = to_json(pays->second);
    }
    Json compile = Json::array();
    for (const auto& [step, us] : result.compile_times) compile.push_back({{"step", step}, {"us", us}});
    Json json = {{"model", model.string()},
                 {"batch", result.batch},
                 {"threads", result.threads},
                 {"parts", result.parts},
                 {"dense_parts", result.dense_parts},
                 {"runs", result.runs},
                 {"median_ms", result.median_ms},
                 {"low_ms", result.low_ms},
                 {"high_ms", result.high_ms},
                 {"dense_median_ms", result.dense_median_ms},
                 {"dense_low_ms", result.dense_low_ms},
                 {"dense_high_ms", result.dense_high_ms},
                 {"speedup", result.speedup},
                 {"speedup_interval", report::to_json(speed_up_of(result))},
                 {"file_bytes", std::filesystem::file_size(model)},
                 {"layers", layers},
                 {"compile", compile}};
    if (result.against_f32) {
        const auto& f32 = *result.against_f32;
        json["against_f32"] = {{"median_ms", f32.median_ms},
                               {"low_ms", f32.low_ms},
                               {"high_ms", f32.high_ms},
                               {"speedup", f32.speedup},
                               {"speedup_interval", report::to_json(report::SpeedUp{
                                                        f32.speedup, f32.speedup_low, f32.speedup_high})},
                               {"largest_difference", f32.largest_difference},
                               {"largest_output", f32.largest_output}};
    }
    return json;
}

namespace {

std::string text_of(const runtime::BenchResult::AgainstF32& f32) {
    return fmt::format(
        "the same in f32: median {}   {}\n  outputs differ by {:.2g} at most, the largest is {:.3g}\n",
        report::duration(report::Spread{f32.median_ms, f32.low_ms, f32.high_ms, 1}),
        report::speed_against({f32.speedup, f32.speedup_low, f32.speedup_high}, "f32"),
        f32.largest_difference, f32.largest_output);
}

}  // namespace

std::string to_text(const runtime::BenchResult& result, const std::filesystem::path& model, std::size_t width,
                    const Paying& paying) {
    using enum TextTable::Align;
    TextTable table({{.heading = "layer", .least = 12},
                     {.heading = "kind", .least = 8},
                     {"left", right},
                     {.heading = "kernel", .least = 14},
                     {.heading = "predicted", .align = right, .optional = true},
                     {"measured", right},
                     {"dense", right},
                     {.heading = "why", .least = 16}});
    table.repeat(1);
    for (const auto& layer : result.layers) {
        const std::string left = layer.weights > 0 ? fmt::format("{:.1f} %", 100 * layer.weights_left) : "–";
        table.add({layer.node, layer.op, left, layer.kernel, microseconds(layer.predicted_us),
                   microseconds(layer.measured_us), microseconds(layer.dense_us), layer.why});
    }
    std::string text = table.text(width);
    for (const auto& layer : result.layers) {
        const auto pays = paying.find(layer.node);
        if (pays != paying.end() && layer.weights > 0)
            text += wrapped(fmt::format("{} runs dense; {}", layer.node, to_text(pays->second)), width, 2);
    }
    const auto one_by_one = [](std::int64_t parts) { return parts > 1 ? ", one by one" : ""; };
    return text +
           fmt::format("whole network, batch {}, {} thread{}: median {}{}   dense {}{}\n  {}   file {}\n",
                       result.batch, result.threads, result.threads == 1 ? "" : "s",
                       report::duration(chosen_ms(result)), one_by_one(result.parts),
                       report::duration(dense_ms(result)), one_by_one(result.dense_parts),
                       report::speed_against(speed_up_of(result), "dense"),
                       format_bytes(std::filesystem::file_size(model))) +
           (result.against_f32 ? text_of(*result.against_f32) : "");
}

}  // namespace espalier::experiment
