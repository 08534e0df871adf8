#include "experiment/run/summary.h"

#include <fmt/format.h>

#include "base/text/numbers.h"
#include "espalier/report.h"
#include "experiment/prune/outcome.h"
#include "experiment/run/run_json.h"

namespace espalier::experiment {

std::string to_text(const Summary& summary, std::size_t width) {
    std::string text = report::level_table(summary.run, width);
    if (summary.is_prune) text += outcome_table(summary.run, summary.bench, width);
    if (summary.written) {
        text += describe(summary.written->passes);
        text += fmt::format("output: {}, {}\n", summary.written->path.string(),
                            format_bytes(summary.written->bytes));
    }
    return text +
           fmt::format("run:    {}\nreport: {}\n", summary.run.folder().string(), summary.report.string());
}

nlohmann::ordered_json to_json(const Summary& summary) {
    nlohmann::ordered_json json = to_json(summary.run, summary.report);
    if (summary.is_prune) json["outcome"] = outcome_json(summary.run, summary.bench);
    if (summary.written) {
        json["output"] = {{"path", summary.written->path.string()},
                          {"file_bytes", summary.written->bytes},
                          {"passes", to_json(summary.written->passes)}};
    }
    return json;
}

}  // namespace espalier::experiment
