// made_up_report FOLDER: a made-up run with everything in it in FOLDER/run and its report,
// FOLDER/report.html; another beside it and both compared, FOLDER/compare.html. For the browser test.
#include <cstdio>
#include <exception>

#include "espalier/report.h"
#include "report/made_up_run.h"

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: made_up_report FOLDER\n", stderr);
        return 2;
    }
    try {
        const std::filesystem::path folder = argv[1];
        std::vector<espalier::store::Run> runs;
        runs.push_back(espalier::report::make_up_run(
            folder / "run",
            {.replicates = 5, .arms = true, .stability = true, .tradeoff = true, .widths = true}));
        runs.push_back(espalier::report::make_up_run(folder / "other", {.replicates = 3, .weights = false}));
        const espalier::store::Run& run = runs.front();
        espalier::report::write_html(run, folder / "report.html");
        espalier::report::write_comparison_html(runs, folder / "compare.html");
        std::fputs(espalier::report::level_table(run).c_str(), stdout);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "made_up_report: %s\n", error.what());
        return 1;
    }
}
