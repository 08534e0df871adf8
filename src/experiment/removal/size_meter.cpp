#include "experiment/removal/size_meter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/threads/parallel.h"
#include "espalier/error.h"
#include "experiment/inspect/shapes.h"
#include "experiment/prune/stored_weights.h"
#include "surgery/layers.h"

namespace espalier::experiment {
namespace {

double macs_of(const Graph& graph) {
    double macs = 0;
    const Graph real = is_real(graph) ? Graph() : as_real(graph);
    for (const surgery::LayerInfo& layer : surgery::layers(real.nodes.empty() ? graph : real, false))
        macs += layer.macs;
    if (!std::isfinite(macs)) {
        require_shapes(graph, {}, "--macs counts multiply-adds");
        throw InvalidArgument("multiply-adds are not known before the network runs: give --sparsity");
    }
    return macs;
}

class Macs : public SizeMeter {
  public:
    Macs(const Graph& graph, double share) : whole_(macs_of(graph)), share_(share) {}

    double share_of(const Graph& smaller, bool) override { return macs_of(smaller) / whole_; }
    double goal() const override { return share_; }
    double tolerance() const override { return 0.01; }
    double whole() const override { return whole_; }
    std::string unit() const override { return "multiply-adds"; }

  private:
    double whole_, share_;
};

class Latency : public SizeMeter {
  public:
    Latency(const Graph& graph, const RemovalTarget& target, const Timing& timing)
        : graph_(graph),
          target_(target),
          timing_(timing),
          inputs_(inputs_of(graph, timing)),
          before_(compiled(graph)) {
        const std::array<runtime::Contestant, 1> alone = {{{before_, inputs_}}};
        times_.push_back(runtime::time_in_turn(alone, kSeconds)[0].median_ms);
    }

    double share_of(const Graph& smaller, bool careful) override {
        if (!careful) return in_turn(smaller, kSeconds);
        // Which kernels are chosen where two are as fast is chance, and a network keeps what it was dealt.
        std::vector<double> shares;
        for (int i = 0; i < kCompilations; ++i) {
            before_ = compiled(graph_);
            shares.push_back(in_turn(smaller, std::max(kCarefulSeconds, kCarefulRounds * 2e-3 * whole())));
        }
        return median(std::move(shares));
    }
    double goal() const override {
        return target_.latency_share ? *target_.latency_share : *target_.latency_ms / whole();
    }
    double tolerance() const override { return 0.02; }
    double whole() const override { return median(times_); }
    std::string unit() const override { return "ms"; }
    std::string note() const override {
        const auto [least, most] = std::ranges::minmax(times_);
        return fmt::format(
            "the network before took {:.3g} to {:.3g} ms while the search ran, in the median {:.3g}: times "
            "are "
            "shares of that, as both ran in turn",
            least, most, whole());
    }

  private:
    static constexpr double kSeconds = 0.5, kCarefulSeconds = 1;
    static constexpr double kCarefulRounds = 5;
    static constexpr int kCompilations = 3;

    static double median(std::vector<double> values) {
        const auto middle = values.begin() + std::ssize(values) / 2;
        std::ranges::nth_element(values, middle);
        return *middle;
    }

    double in_turn(const Graph& smaller, double seconds) {
        runtime::Session after = compiled(smaller);
        const std::array<runtime::Contestant, 2> both = {{{before_, inputs_}, {after, inputs_}}};
        const auto times = runtime::time_in_turn(both, seconds);
        times_.push_back(times[0].median_ms);
        return times[1].share;
    }

    static NamedTensors inputs_of(const Graph& graph, const Timing& timing) {
        if (timing.batch < 1)
            throw InvalidArgument(fmt::format("batch={}: expected at least 1", timing.batch));
        require_shapes(graph, {}, "--latency measures the network");
        return runtime::random_inputs(graph, timing.batch);
    }

    runtime::Session compiled(const Graph& graph) const {
        runtime::Session session =
            runtime::compile(graph, {.threads = timing_.threads == 0 ? core_count() : timing_.threads,
                                     .tuning = runtime::Options::Tuning::full,
                                     .precision = timing_.precision});
        session.run(inputs_);
        return session;
    }

    const Graph& graph_;
    RemovalTarget target_;
    Timing timing_;
    NamedTensors inputs_;
    runtime::Session before_;
    std::vector<double> times_;  // of the network before, whenever it was timed
};

}  // namespace

std::unique_ptr<SizeMeter> size_meter(const Graph& graph, const RemovalTarget& target, const Timing& timing) {
    if (target.macs) return std::make_unique<Macs>(graph, *target.macs);
    return std::make_unique<Latency>(graph, target, timing);
}

}  // namespace espalier::experiment
