#include "runtime/planner.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/random.h"
#include "runtime/choose.h"
#include "runtime/timing.h"

namespace espalier::runtime {
namespace {

/// Runs a plan on random inputs, for timing.
class Rehearsal {
  public:
    Rehearsal(Plan& plan, const Setting& setting) : plan_(plan) {
        for (const Value& input : setting.graph.inputs) {
            Tensor tensor(DType::f32, shape_of(input.name, setting));
            Random random(1, "rehearsal");
            for (float& value : tensor.f32()) value = random.uniform();
            tensors_.push_back(std::move(tensor));
            inputs_.push_back(tensors_.back().f32().data());
        }
        for (const Shape& shape : plan.outputs) {
            tensors_.emplace_back(DType::f32, shape);
            outputs_.push_back(tensors_.back().f32().data());
        }
    }

    void run() { plan_.program.run(inputs_, outputs_, arena_.at_least(plan_.program.arena_bytes())); }

  private:
    Plan& plan_;
    std::vector<Tensor> tensors_;
    std::vector<const float*> inputs_;
    std::vector<float*> outputs_;
    Arena arena_;
};

/// The faster of the two on the whole; the sums of single layers do not know how layers share caches.
Plan faster(Plan sparse, Plan dense, const Setting& setting) {
    Rehearsal sparse_run(sparse, setting);
    Rehearsal dense_run(dense, setting);
    const std::function<void()> bodies[] = {[&] { sparse_run.run(); }, [&] { dense_run.run(); }};
    const auto timings = time_in_turn(bodies, 10 * kTrialSeconds);
    const double sparse_us = timings[0].median_us;
    const double dense_us = timings[1].median_us;
    if (sparse_us < dense_us) return sparse;
    for (LayerProfile& layer : dense.profile) {
        if (layer.weights == 0) continue;
        layer.why = fmt::format("the whole network takes {:.3g} us dense, {:.3g} us with sparse layers",
                                dense_us, sparse_us);
    }
    return dense;
}

}  // namespace

Plan make_plan(const Setting& setting) {
    std::vector<Layer> layers;
    for (const Group& group : fuse(setting.graph, setting.types)) layers.push_back(examine(group, setting));
    const auto chosen = choose(layers, setting, setting.choice);
    Plan plan = assemble(layers, chosen, setting);
    if (setting.choice != Options::Choice::measured) return plan;
    const auto dense = choose(layers, setting, Options::Choice::dense);
    return chosen == dense ? std::move(plan)
                           : faster(std::move(plan), assemble(layers, dense, setting), setting);
}

}  // namespace espalier::runtime
