#include "cli/study_options.h"

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "base/files.h"
#include "cli/common_options.h"
#include "cli/progress.h"
#include "cli/verb.h"
#include "espalier/error.h"
#include "experiment/inspect/shapes.h"

namespace espalier::cli {
namespace {

std::vector<std::string> divided(const std::string& text) {
    std::vector<std::string> parts;
    for (std::size_t from = 0; from <= text.size();) {
        const std::size_t end = std::min(text.find(',', from), text.size());
        parts.push_back(text.substr(from, end - from));
        from = end + 1;
    }
    return parts;
}

}  // namespace

std::vector<CLI::Option*> add_granularity_options(CLI::App& command, GranularityArguments& a) {
    return {
        command.add_option("--granularities", a.granularities,
                           "granularity: which, with commas between: element,4x1,16x1,32x1,2:4"),
        command.add_option("--sparsities", a.sparsities, "granularity: which: 0.8,0.9")->delimiter(','),
        command.add_flag("--permute", a.plan.permute,
                         "granularity: measure those with groups once more, with outputs reordered first"),
        command
            .add_option("--keep", a.plan.keep,
                        "granularity: NAME or PATTERN of weights of a file that stay whole")
            ->allow_extra_args(false),
        command.add_option("--batch", a.plan.batch, "granularity: examples in a run")
            ->check(CLI::Range(1, 1 << 20))
            ->capture_default_str(),
        command.add_option("--threads", a.plan.threads, "granularity: threads of a run")
            ->check(CLI::Range(1, 1024))
            ->capture_default_str(),
        command.add_option("--seconds", a.plan.seconds, "granularity: how long each network is timed")
            ->check(CLI::Range(0.01, 600.0))
            ->capture_default_str(),
        command
            .add_option("--shape", a.shapes, "granularity: NAME=1x3x48x320 of an input with open dimensions")
            ->allow_extra_args(false),
        command.add_option(
            "--folder", a.folder,
            "granularity: where it is kept (default: studies/granularity-NAME); a study that was "
            "stopped goes on")};
}

void study_granularity(const std::string& file, const std::vector<std::string>& changes,
                       GranularityArguments arguments, bool json, bool wide) {
    experiment::StudyPlan& plan = arguments.plan;
    if (!arguments.granularities.empty()) plan.granularities = divided(arguments.granularities);
    if (!arguments.sparsities.empty()) plan.sparsities = arguments.sparsities;
    plan.shapes = experiment::parse_shapes(arguments.shapes);
    plan.folder = arguments.folder;
    plan.changes = changes;
    const bool is_recipe = std::filesystem::path(file).extension() == ".toml";
    if (!is_recipe && !changes.empty())
        throw InvalidArgument("study: --set is for a recipe, and this is an ONNX file");
    if (is_recipe && !plan.keep.empty())
        throw InvalidArgument("study: --keep is for an ONNX file; with a recipe: --set prune.keep=[...]");
    experiment::Study study;
    {
        ProgressBar bar;
        const experiment::Watch watch{
            .progress = [&](double share, const std::string& what) { bar.show(share, what); },
            .stop = &interrupted()};
        study = is_recipe ? experiment::study_recipe(file, plan, watch)
                          : experiment::study_model(file, plan, watch);
    }
    write_text(study.folder / "result.json", to_json(study).dump(2) + "\n");
    write_text(study.folder / "report.html", to_html(study));
    print(study, json, wide);
    if (!json) std::cout << "report: " << (study.folder / "report.html").string() << '\n';
}

}  // namespace espalier::cli
