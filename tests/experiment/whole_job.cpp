// The whole job with public headers alone: trains by a recipe, prunes, exports, compiles and runs.
#include <algorithm>
#include <filesystem>
#include <iostream>

#include "espalier/error.h"
#include "espalier/experiment.h"
#include "espalier/onnx.h"
#include "espalier/runtime.h"

int main(int count, char** words) try {
    namespace experiment = espalier::experiment;
    if (count != 3) throw espalier::InvalidArgument("usage: whole_job RECIPE FOLDER");
    const std::filesystem::path folder = words[2];
    const espalier::store::Run run =
        experiment::run(words[1], {.kind = experiment::RunOptions::Kind::prune, .folder = folder / "run"});
    espalier::Graph ticket = espalier::onnx::read(experiment::last_ticket(run));
    const espalier::prune::Plan plan = experiment::cut(ticket, {.target = {.sparsity = 0.9}});
    const auto written = experiment::write_to_run(ticket, folder / "pruned.onnx");
    const std::string input = ticket.inputs[0].name;
    espalier::runtime::Session session = espalier::runtime::compile(std::move(ticket), {.threads = 1});
    const espalier::Tensor images(espalier::DType::f32, {8, 1, 28, 28});
    const espalier::Tensor logits = session.run({{input, images}})[0];
    std::cout << plan.masks.kept() << " of " << plan.masks.count() << " weights, " << written.bytes
              << " bytes, logits " << espalier::to_string(logits.shape()) << '\n';
} catch (const espalier::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
