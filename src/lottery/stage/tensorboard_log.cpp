#include "lottery/stage/tensorboard_log.h"

#include <fmt/format.h>

#include <chrono>

#include "base/files.h"
#include "store/event_file.h"

namespace espalier::lottery {
namespace {

double now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

StageEvents::StageEvents(const std::filesystem::path& run, const StageSpec& stage, std::string score)
    : file_(run / "tensorboard" /
            fmt::format("{}-level-{:02}-replicate-{}", stage.arm(), stage.level(), stage.replicate) /
            "events.out.tfevents.espalier"),
      first_step_(stage.first_step),
      score_(std::move(score)) {
    make_folder(file_.parent_path());
    write_text(file_, store::event_file({}, now()));
}

void StageEvents::add(const store::Evaluation& at) {
    std::vector<store::Scalar> scalars = {{"validation/loss", at.step, at.validation_loss},
                                          {"validation/" + score_, at.step, at.validation_accuracy}};
    if (at.step > first_step_) scalars.push_back({"train/loss", at.step, at.train_loss});
    append_text(file_, store::event_records(scalars, now()));
}

}  // namespace espalier::lottery
