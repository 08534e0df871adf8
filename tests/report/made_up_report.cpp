// made_up_report FOLDER: a made-up run in FOLDER/run and its report, FOLDER/report.html, for the browser
// test.
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
        const espalier::store::Run run = espalier::report::make_up_run(folder / "run");
        espalier::report::write_html(run, folder / "report.html");
        std::fputs(espalier::report::level_table(run).c_str(), stdout);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "made_up_report: %s\n", error.what());
        return 1;
    }
}
