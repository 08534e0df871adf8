#include <fmt/format.h>
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>

#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <optional>

#include "arrays.h"
#include "bindings.h"
#include "espalier/error.h"
#include "espalier/runtime.h"
#include "experiment/measure/tuning_file.h"
#include "graph_object.h"
#include "html.h"

namespace nb = nanobind;

namespace espalier::python {
namespace {

using runtime::LayerProfile;

/// espalier.Profile.
struct ProfileObject {
    std::vector<LayerProfile> layers;
};

/// espalier.Session. Two threads that use one take turns; share() gives each its own.
class SessionObject {
  public:
    SessionObject(runtime::Session session, std::vector<Value> inputs, std::vector<Value> outputs)
        : session_(std::move(session)), inputs_(std::move(inputs)), outputs_(std::move(outputs)) {}

    const std::vector<Value>& inputs() const { return inputs_; }
    const std::vector<Value>& outputs() const { return outputs_; }

    /// The lent arrays are in the graph's order.
    std::vector<Tensor> run(const std::vector<LentArray>& arrays) {
        std::vector<TensorView> views;
        views.reserve(arrays.size());
        for (const LentArray& one : arrays) views.push_back(one.view);
        const nb::gil_scoped_release released;
        const std::scoped_lock lock(mutex_);
        return run_views(views);
    }

    std::unique_ptr<SessionObject> share() const {
        return std::make_unique<SessionObject>(session_.share(), inputs_, outputs_);
    }

    ProfileObject profile() {
        const nb::gil_scoped_release released;
        const std::scoped_lock lock(mutex_);
        return {session_.profile()};
    }

    void keep_tuning(const std::filesystem::path& path) {
        const nb::gil_scoped_release released;
        const std::scoped_lock lock(mutex_);
        session_.keep_tuning(path);
    }

  private:
    std::vector<Tensor> run_views(const std::vector<TensorView>& views) {
        if (!is_known(views)) learn(views);
        if (!fixed_) return session_.run(views);  // a shape depends on data
        std::vector<Tensor> results;
        results.reserve(fixed_->size());
        for (const auto& [dtype, shape] : *fixed_) results.emplace_back(dtype, shape);
        const std::vector<TensorSpan> spans(results.begin(), results.end());
        session_.run(views, spans);
        return results;
    }

    bool is_known(const std::vector<TensorView>& views) const {
        if (known_.size() != views.size() || known_.empty()) return false;
        for (std::size_t i = 0; i < views.size(); ++i) {
            if (known_[i] != views[i].shape) return false;
        }
        return true;
    }

    void learn(const std::vector<TensorView>& views) {
        known_.clear();
        std::map<std::string, Shape> shapes;
        for (std::size_t i = 0; i < views.size(); ++i) {
            if (views[i].dtype != inputs_[i].type.dtype) {
                throw InvalidArgument(fmt::format("input \"{}\": got {}, expected {}", inputs_[i].name,
                                                  name_of(views[i].dtype), name_of(inputs_[i].type.dtype)));
            }
            shapes[inputs_[i].name] = views[i].shape;
        }
        fixed_.emplace();
        for (const ValueType& type : session_.output_types(shapes)) {
            Shape shape;
            for (const Dim& dim : type.dims) shape.push_back(dim.size());
            const bool is_open =
                !type.is_ranked || std::ranges::any_of(shape, [](auto size) { return size < 0; });
            if (is_open) {
                fixed_.reset();
                break;
            }
            fixed_->emplace_back(type.dtype, std::move(shape));
        }
        for (const TensorView& view : views) known_.push_back(view.shape);
    }

    runtime::Session session_;
    std::vector<Value> inputs_, outputs_;
    std::mutex mutex_;
    std::vector<Shape> known_;                                   // of the inputs that `fixed_` belongs to
    std::optional<std::vector<std::pair<DType, Shape>>> fixed_;  // of the outputs; none where data decide
};

nb::object call(SessionObject& self, const nb::args& arrays) {
    if (arrays.size() != self.inputs().size()) {
        throw InvalidArgument(
            fmt::format("got {} arrays, and the network has {} inputs", arrays.size(), self.inputs().size()));
    }
    std::vector<LentArray> lent;
    lent.reserve(arrays.size());
    for (std::size_t i = 0; i < arrays.size(); ++i)
        lent.push_back(lent_array(arrays[i], self.inputs()[i].name));
    std::vector<Tensor> results = self.run(lent);
    if (results.size() == 1) return to_numpy(std::move(results[0]));
    nb::list all;
    for (Tensor& result : results) all.append(to_numpy(std::move(result)));
    return nb::tuple(all);
}

nb::dict run(SessionObject& self, const nb::dict& arrays) {
    std::vector<LentArray> lent;
    for (const Value& input : self.inputs()) {
        const nb::str key(input.name.c_str());
        if (!arrays.contains(key)) throw InvalidArgument(fmt::format("input \"{}\" is missing", input.name));
        lent.push_back(lent_array(arrays[key], input.name));
    }
    if (arrays.size() != lent.size()) {
        for (const auto& [key, value] : arrays) {
            const std::string name = name_of_key(key);
            if (std::none_of(self.inputs().begin(), self.inputs().end(),
                             [&](const Value& input) { return input.name == name; })) {
                throw InvalidArgument(fmt::format("input \"{}\" is not one of the graph's", name));
            }
        }
    }
    std::vector<Tensor> results = self.run(lent);
    nb::dict outputs;
    for (std::size_t i = 0; i < results.size(); ++i)
        outputs[self.outputs()[i].name.c_str()] = to_numpy(std::move(results[i]));
    return outputs;
}

std::string microseconds(double us) { return us > 0 ? fmt::format("{:.1f}", us) : "–"; }

std::string html_of(const ProfileObject& profile) {
    std::vector<std::vector<std::string>> rows;
    for (const LayerProfile& layer : profile.layers) {
        const std::string left = layer.weights > 0 ? fmt::format("{:.1f} %", 100 * layer.weights_left) : "–";
        rows.push_back({layer.node, layer.op, layer.kernel, left, microseconds(layer.measured_us),
                        microseconds(layer.dense_us), layer.why});
    }
    return html_table("profile", {"layer", "operator", "kernel", "weights left", "µs", "dense µs", "why"},
                      rows);
}

std::string text_of(const ProfileObject& profile) {
    std::string text;
    for (const LayerProfile& layer : profile.layers) {
        text += fmt::format("{:<24} {:<28} {:>10} µs, dense {:>10} µs  {}\n", layer.node, layer.kernel,
                            microseconds(layer.measured_us), microseconds(layer.dense_us), layer.why);
    }
    return text;
}

runtime::Options::Choice choice_named(const std::string& name) {
    using enum runtime::Options::Choice;
    if (name == "measured") return measured;
    if (name == "dense") return dense;
    if (name == "sparse") return sparse;
    throw InvalidArgument(fmt::format("choice \"{}\" is not known: measured, dense, sparse", name));
}

int checked_threads(int threads) {
    if (threads < 0 || threads > 1024)
        throw InvalidArgument(fmt::format("threads={}, expected 0 to 1024", threads));
    return threads;
}

std::unique_ptr<SessionObject> compile(const GraphObject& graph, int threads, const std::string& choice,
                                       const std::string& tuning, const std::string& precision,
                                       const std::string& tuned) {
    const runtime::Options options{.threads = checked_threads(threads),
                                   .choice = choice_named(choice),
                                   .tuning = experiment::tuning_named(tuning),
                                   .precision = experiment::precision_named(precision),
                                   .tuned = tuned};
    const auto network = graph.network;
    const nb::gil_scoped_release released;
    return std::make_unique<SessionObject>(runtime::compile(*network, options), network->inputs,
                                           network->outputs);
}

runtime::BenchResult benchmark(const GraphObject& graph, std::int64_t batch, int threads, double seconds,
                               const std::map<std::string, Shape>& shapes, const std::string& tuning,
                               const std::string& precision) {
    if (batch < 1) throw InvalidArgument(fmt::format("batch={}, expected 1 or more", batch));
    if (!(seconds > 0) || seconds > 3600)
        throw InvalidArgument(fmt::format("seconds={}, expected above 0 to 3600", seconds));
    const runtime::BenchOptions options{.shapes = shapes,
                                        .tuning = experiment::tuning_named(tuning),
                                        .precision = experiment::precision_named(precision)};
    const auto network = graph.network;
    const nb::gil_scoped_release released;
    return runtime::benchmark(*network, batch, checked_threads(threads), seconds, options);
}

}  // namespace

void bind_session(nb::module_& module) {
    nb::class_<LayerProfile>(module, "LayerProfile",
                             "What one layer runs, and why. Times in microseconds, 0 for none.")
        .def_ro("node", &LayerProfile::node)
        .def_ro("op", &LayerProfile::op)
        .def_ro("kernel", &LayerProfile::kernel)
        .def_ro("why", &LayerProfile::why)
        .def_ro("weights_left", &LayerProfile::weights_left, "Share of its weights that is not zero.")
        .def_ro("weights", &LayerProfile::weights)
        .def_ro("predicted_us", &LayerProfile::predicted_us)
        .def_ro("measured_us", &LayerProfile::measured_us)
        .def_ro("dense_us", &LayerProfile::dense_us)
        .def_ro("threads", &LayerProfile::threads)
        .def("__repr__",
             [](const LayerProfile& self) { return fmt::format("<{}: {}>", self.node, self.kernel); });

    nb::class_<ProfileObject>(module, "Profile",
                              "What each layer runs, and why. Notebooks show it as a table.")
        .def("__len__", [](const ProfileObject& self) { return self.layers.size(); })
        .def("__getitem__",
             [](const ProfileObject& self, std::int64_t index) {
                 const auto size = static_cast<std::int64_t>(self.layers.size());
                 if (index < -size || index >= size) throw nb::index_error("there is no such layer");
                 return self.layers[static_cast<std::size_t>(index < 0 ? index + size : index)];
             })
        .def(
            "__iter__", [](const ProfileObject& self) { return nb::iter(nb::cast(self.layers)); },
            nb::sig("def __iter__(self) -> collections.abc.Iterator[LayerProfile]"))
        .def("__str__", &text_of)
        .def("_repr_html_", &html_of);

    nb::class_<SessionObject>(
        module, "Session",
        "A compiled network. Threads that use one session take turns: share() gives each its own.")
        .def_prop_ro("inputs", &SessionObject::inputs)
        .def_prop_ro("outputs", &SessionObject::outputs)
        .def("__call__", &call, nb::arg("arrays"),
             nb::sig("def __call__(self, *arrays: typing.Any) -> typing.Any"),
             "Runs on arrays in the order of the inputs (NumPy, PyTorch, JAX, buffers; row-major, on the "
             "CPU), without "
             "copies. Gives a NumPy array, or a tuple of them for several outputs.")
        .def("run", &run, nb::arg("inputs"),
             nb::sig("def run(self, inputs: dict[str, typing.Any]) -> dict[str, numpy.ndarray]"),
             "The same by names.")
        .def("share", &SessionObject::share,
             "Another session of the same network, for another thread. Weights are shared.")
        .def("profile", &SessionObject::profile, "What each layer runs, of the shapes that were run last.")
        .def("keep_tuning", &SessionObject::keep_tuning, nb::arg("path"),
             "Writes what was timed, for the argument `tuned` of compile().");

    using runtime::BenchResult;
    nb::class_<BenchResult>(module, "Benchmark", "A network against itself run dense, in milliseconds.")
        .def_ro("batch", &BenchResult::batch)
        .def_ro("threads", &BenchResult::threads)
        .def_ro("parts", &BenchResult::parts, "1, or one an example of the batch where that was faster.")
        .def_ro("runs", &BenchResult::runs)
        .def_ro("median_ms", &BenchResult::median_ms)
        .def_ro("low_ms", &BenchResult::low_ms, "10th percentile.")
        .def_ro("high_ms", &BenchResult::high_ms, "90th percentile.")
        .def_ro("dense_median_ms", &BenchResult::dense_median_ms)
        .def_ro("dense_low_ms", &BenchResult::dense_low_ms)
        .def_ro("dense_high_ms", &BenchResult::dense_high_ms)
        .def_ro("speedup", &BenchResult::speedup)
        .def_ro("speedup_low", &BenchResult::speedup_low, "Of its 95 % confidence interval.")
        .def_ro("speedup_high", &BenchResult::speedup_high)
        .def_prop_ro(
            "f32_median_ms",
            [](const BenchResult& self) {
                return self.against_f32 ? self.against_f32->median_ms : self.median_ms;
            },
            "Of the same network at its best in f32.")
        .def_prop_ro(
            "largest_difference",
            [](const BenchResult& self) {
                return self.against_f32 ? self.against_f32->largest_difference : 0.0;
            },
            "Of its outputs to those in f32.")
        .def_prop_ro("differs", &BenchResult::differs, "Whether the samples tell the two apart.")
        .def_ro("layers", &BenchResult::layers)
        .def("__repr__", [](const BenchResult& self) {
            const std::string ratio =
                self.differs() ? fmt::format("{:.2f} times as fast as dense (95 %: {:.2f} to {:.2f})",
                                             self.speedup, self.speedup_low, self.speedup_high)
                               : "no difference to dense";
            return fmt::format("<espalier.Benchmark: {:.3f} ms, dense {:.3f} ms: {}>", self.median_ms,
                               self.dense_median_ms, ratio);
        });
    module.def("has_bf16", &runtime::has_bf16,
               "Whether this processor has instructions for bf16: AVX-512 BF16 or AMX.");
    module.def("has_f16", &runtime::has_f16,
               "Whether this processor has instructions for f16: AVX-512 FP16.");
    module.def("compile", &compile, nb::arg("graph"), nb::kw_only(), nb::arg("threads"), nb::arg("choice"),
               nb::arg("tuning"), nb::arg("precision"), nb::arg("tuned"));
    module.def("benchmark", &benchmark, nb::arg("graph"), nb::kw_only(), nb::arg("batch"), nb::arg("threads"),
               nb::arg("seconds"), nb::arg("shapes"), nb::arg("tuning"), nb::arg("precision"));
}

}  // namespace espalier::python
