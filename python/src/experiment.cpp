#include <fmt/format.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <filesystem>

#include "arrays.h"
#include "bindings.h"
#include "espalier/error.h"
#include "espalier/experiment.h"
#include "espalier/report.h"
#include "experiment/run/trainer.h"
#include "watched.h"

namespace nb = nanobind;

namespace espalier::python {
namespace {

/// One entry a stage; texts as lists, numbers as arrays.
nb::dict metrics_of(const store::Run& run) {
    const std::vector<store::Stage> stages = run.stages();
    nb::dict columns;
    const auto texts = [&](const char* name, auto get) {
        nb::list column;
        for (const store::Stage& stage : stages) column.append(get(stage));
        columns[name] = column;
    };
    const auto numbers = [&]<class Get>(const char* name, const Get& get) {
        using Number = std::decay_t<decltype(get(stages.front()))>;
        std::vector<Number> column;
        for (const store::Stage& stage : stages) column.push_back(get(stage));
        columns[name] = to_numpy(Tensor::of({static_cast<std::int64_t>(column.size())}, column));
    };
    using store::Stage;
    texts("arm", [](const Stage& s) { return s.arm; });
    numbers("level", [](const Stage& s) { return std::int64_t{s.level}; });
    numbers("replicate", [](const Stage& s) { return std::int64_t{s.replicate}; });
    numbers("weights_left", [](const Stage& s) { return s.weights_left(); });
    numbers("weights_total", [](const Stage& s) { return s.weights_total(); });
    numbers("first_step", [](const Stage& s) { return s.first_step; });
    numbers("last_step", [](const Stage& s) { return s.last_step; });
    numbers("best_step", [](const Stage& s) { return s.best_step; });
    numbers("best_validation_loss", [](const Stage& s) { return s.best_validation_loss; });
    numbers("best_validation_accuracy", [](const Stage& s) { return s.best_validation_accuracy; });
    numbers("best_test_accuracy", [](const Stage& s) { return s.best_test_accuracy; });
    numbers("validation_accuracy", [](const Stage& s) { return s.validation_accuracy; });
    numbers("validation_loss", [](const Stage& s) { return s.validation_loss; });
    numbers("test_accuracy", [](const Stage& s) { return s.test_accuracy; });
    numbers("test_loss", [](const Stage& s) { return s.test_loss; });
    numbers("train_accuracy", [](const Stage& s) { return s.train_accuracy; });
    numbers("seconds", [](const Stage& s) { return s.seconds; });
    return columns;
}

experiment::RunOptions::Kind kind_named(const std::string& name) {
    using enum experiment::RunOptions::Kind;
    if (name == "ticket") return ticket;
    if (name == "prune") return prune;
    if (name == "train") return train;
    if (name == "study") return study;
    throw InvalidArgument(fmt::format("kind \"{}\" is not known: ticket, prune, train, study", name));
}

store::Run run(const std::filesystem::path& recipe, const std::string& kind, const std::string& study,
               const std::filesystem::path& folder, const std::vector<std::string>& changes, int jobs,
               const std::filesystem::path& trainer, const nb::object& progress) {
    experiment::RunOptions options{.kind = kind_named(kind),
                                   .study = study,
                                   .folder = folder,
                                   .changes = changes,
                                   .jobs = jobs,
                                   .trainer = trainer};
    return watched(progress, [&](const experiment::Watch& watch) {
        options.watch = watch;
        return experiment::run(recipe, options);
    });
}

}  // namespace

void bind_experiment(nb::module_& module) {
    nb::class_<Recipe>(module, "Recipe", "What is trained, pruned and compared, in TOML.")
        .def_static("from_file", &Recipe::from_file, nb::arg("path"),
                    nb::arg("changes") = std::vector<std::string>(),
                    "Reads a recipe. `changes` are \"KEY=VALUE\" pairs that count more than the file.")
        .def_static(
            "from_text",
            [](const std::string& text, const std::string& name, const std::vector<std::string>& changes) {
                return Recipe::from_text(text, name, changes);
            },
            nb::arg("text"), nb::kw_only(), nb::arg("name") = "recipe",
            nb::arg("changes") = std::vector<std::string>())
        .def("resolved", &Recipe::resolved, "TOML with every value that is used, defaults included.")
        .def_ro("file_name", &Recipe::file_name)
        .def("__str__", &Recipe::resolved)
        .def("__repr__",
             [](const Recipe& self) { return fmt::format("<espalier.Recipe \"{}\">", self.file_name); });
    nb::class_<store::Run>(module, "StoredRun")
        .def(nb::new_([](const std::filesystem::path& folder) { return store::Run::open(folder); }),
             nb::arg("folder"))
        .def_prop_ro("folder", &store::Run::folder)
        .def_prop_ro("recipe", &store::Run::recipe)
        .def_prop_ro("facts", &store::Run::facts)
        .def_prop_ro("metrics", &metrics_of, nb::sig("def metrics(self) -> dict[str, typing.Any]"))
        .def(
            "table",
            [](const store::Run& self, std::size_t width) { return report::level_table(self, width); },
            nb::arg("width"))
        .def("last_ticket", &experiment::last_ticket)
        .def(
            "write_report",
            [](const store::Run& self, const std::filesystem::path& path) { report::write_html(self, path); },
            nb::arg("path"));
    module.def("run", &run, nb::arg("recipe"), nb::kw_only(), nb::arg("kind"), nb::arg("study"),
               nb::arg("folder"), nb::arg("changes"), nb::arg("jobs"), nb::arg("trainer"),
               nb::arg("progress").none());
    module.def("trainer_path", &experiment::trainer_path);
    module.def("check_trainer", &experiment::check_trainer, nb::arg("program"));
}

}  // namespace espalier::python
