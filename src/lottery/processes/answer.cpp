#include "lottery/processes/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "espalier/error.h"

namespace espalier::lottery {

void answer(const std::vector<StageSpec>& stages, double checkpoint_seconds, const std::atomic<bool>& stop,
            const DoStage& work) {
    std::string hash;
    StageOptions options{.checkpoint_seconds = checkpoint_seconds};
    options.on_progress = [&](const StageProgress& at) {
        if (stop.load()) throw Interrupted("stopped");
        std::cout << fmt::format("progress {} {} {} {} {} {}", hash, at.step, at.last_step, at.loss,
                                 at.validation_accuracy, at.examples_per_second)
                  << std::endl;
    };
    while (!stop.load() && std::getline(std::cin, hash)) {
        const auto found = std::ranges::find(stages, hash, &StageSpec::hash);
        if (found == stages.end()) {
            std::cout << "failed " << hash << " this stage is not in the plan" << std::endl;
            continue;
        }
        try {
            const bool is_done = work(static_cast<std::size_t>(found - stages.begin()), options);
            std::cout << (is_done ? "done " : "busy ") << hash << std::endl;
        } catch (const Interrupted&) {
            return;
        } catch (const std::exception& error) {
            std::cout << "failed " << hash << " " << error.what() << std::endl;
        }
    }
}

}  // namespace espalier::lottery
