#include "calibrate/repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "calibrate/biases.h"
#include "calibrate/kept_slices.h"
#include "calibrate/layer_match.h"
#include "calibrate/output_error.h"
#include "calibrate/residual.h"
#include "calibrate/walk/walk.h"
#include "espalier/error.h"
#include "graph/op.h"

namespace espalier::calibrate {
namespace {

class Repairer {
  public:
    Repairer(const Graph& dense, Graph& graph, Repair how, const Batches& batches, int threads)
        : dense_(dense), graph_(graph), how_(how), batches_(batches), threads_(threads) {
        for (const std::string& name : prunable_weights(graph)) {
            if (dense.initializers.contains(name)) names_.insert(name);
        }
    }

    Repaired run(const Progress& progress) {
        const auto plain = outputs_of(graph_, batches_, threads_);
        give_biases(graph_, names_);
        const Graph before = graph_;  // kept slices are told by values, which change
        readers_.emplace(graph_);
        Walk walk(graph_, names_, batches_, threads_);
        Walk reference(dense_, names_, batches_, threads_);
        for (std::size_t done = 1; !walk.is_done(); ++done) {
            walk.advance();
            reference.advance();
            const auto& sites = walk.sites();
            for (std::size_t i = 0; i < sites.size(); ++i) {
                const auto was = std::ranges::find(reference.sites(), sites[i].weight, &Site::weight);
                if (!sites[i].is_plain() || was == reference.sites().end()) continue;
                seen_.insert(sites[i].weight);
                if (sites[i].is_first) repair(before, walk, sites[i], reference, *was);
            }
            if (progress) progress(static_cast<double>(done) / static_cast<double>(walk.stage_count()));
        }
        for (const std::string& name : names_) {
            if (seen_.contains(name)) continue;
            repaired_.notes.push_back(fmt::format(
                "\"{}\" is not repaired: only what Conv, Gemm and MatMul read as it is stored can be", name));
        }
        std::vector<std::vector<Tensor>> wanted;
        std::vector<std::vector<Tensor>> got;
        for (std::size_t batch = 0; batch < batches_.size(); ++batch) {
            wanted.push_back(reference.outputs(batch));
            got.push_back(walk.outputs(batch));
        }
        repaired_.before = relative_error(wanted, plain);
        repaired_.after = relative_error(wanted, got);
        return std::move(repaired_);
    }

  private:
    void repair(const Graph& before, const Walk& walk, const Site& site, const Walk& reference,
                const Site& was) {
        const Tensor& whole = dense_.initializers.at(site.weight);
        const auto kept = kept_slices(whole, before.initializers.at(site.weight));
        if (!kept) {
            repaired_.notes.push_back(fmt::format(
                "\"{}\" is not repaired: its values do not tell which of them are left", site.weight));
            return;
        }
        const bool is_smaller = whole.shape() != before.initializers.at(site.weight).shape();
        has_begun_ |= is_smaller;
        if (!has_begun_) return;  // inputs and weight are as they were
        const Node& reader = *site.readers.front();
        const Node& old = *was.readers.front();
        LayerMatch match(
            old, whole, reader, graph_.initializers.at(site.weight),
            (*kept)[static_cast<std::size_t>(ops().get(reader.op).output_axis(reader))],
            how_ == Repair::statistics ? LayerMatch::Fit::statistics : LayerMatch::Fit::least_squares,
            threads_);
        for (std::size_t batch = 0; batch < batches_.size(); ++batch) {
            match.add(
                {&reference.value(batch, old.inputs[0]),
                 residual(reference, dense_, old_readers_, old, batch)},
                {&walk.value(batch, reader.inputs[0]), residual(walk, graph_, *readers_, reader, batch)},
                batches_.size());
        }
        const std::vector<double> shift = match.fit();
        for (const Node* node : site.readers) shift_outputs(graph_, *node, shift);
        repaired_.weights.push_back(site.weight);
    }

    /// What the layer's outputs are added to, null where that is not known yet.
    static const Tensor* residual(const Walk& walk, const Graph& graph, const Readers& readers,
                                  const Node& layer, std::size_t batch) {
        const std::string value = residual_of(graph, readers, layer);
        return value.empty() || !walk.has(batch, value) ? nullptr : &walk.value(batch, value);
    }

    const Graph& dense_;
    Graph& graph_;
    Repair how_;
    const Batches& batches_;
    int threads_;
    Readers old_readers_{dense_};
    std::optional<Readers> readers_;  // of the graph with its biases
    std::set<std::string> names_;     // of the weights of both networks
    std::set<std::string> seen_;      // of those, what a layer reads that can be repaired
    bool has_begun_ = false;
    Repaired repaired_;
};

}  // namespace

Repair repair_of(std::string_view name) {
    if (name == "none") return Repair::none;
    if (name == "statistics") return Repair::statistics;
    if (name == "least-squares") return Repair::least_squares;
    throw InvalidArgument(
        fmt::format("repair \"{}\" is not known, expected none, statistics or least-squares", name));
}

Repaired repair(const Graph& dense, Graph& graph, Repair how, const Batches& batches, int threads,
                const Progress& progress) {
    if (batches.empty()) throw InvalidArgument("calibration: there are no data");
    return Repairer(dense, graph, how, batches, threads).run(progress);
}

}  // namespace espalier::calibrate
