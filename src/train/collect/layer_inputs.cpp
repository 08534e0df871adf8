#include "train/collect/layer_inputs.h"

#include <cmath>

#include "graph/analysis/weight_forms.h"
#include "train/collect/collector.h"

namespace espalier::train {
namespace {

constexpr std::int64_t kMostPositions = 16;  // of an image, spread evenly: neighbours say nearly the same

/// [inputs, samples]; undefined where an input is not what one index of the weight reads.
at::Tensor rows_of(const Node& node, const WeightRead& read, const at::Tensor& x) {
    if (!read.stored_axis || read.form.groups > 1 || !read.form.parts.empty()) return {};
    if (node.op == "Conv") {
        const at::Tensor flat = x.flatten(2).transpose(0, 1);  // [channels, examples, positions]
        const std::int64_t step = (flat.size(2) + kMostPositions - 1) / kMostPositions;
        return flat.slice(2, 0, flat.size(2), step).flatten(1);
    }
    if ((node.op != "Gemm" && node.op != "MatMul") || read.input != 1) return {};
    if (node.op == "Gemm" && node.attribute_int("transA", 0) != 0) return {};
    return x.reshape({-1, x.size(-1)}).t();
}

}  // namespace

std::map<std::string, LayerInputs> layer_inputs(const SignalRequest& request) {
    return translate([&] {
        std::map<std::string, std::vector<at::Tensor>> seen;
        const WeightForms forms(request.graph);
        Collector collector(request);
        collector.take("activations");
        const auto observe = [&](const Node& node, std::span<const at::Tensor> inputs) {
            for (const WeightRead& read : forms.read_by(node)) {
                if (read.on_request) continue;
                const at::Tensor rows = rows_of(node, read, inputs[1 - read.input]);
                if (rows.defined()) seen[read.weight].push_back(rows.contiguous());
            }
        };
        const at::NoGradGuard no_grad;
        collector.for_each_batch(collector.batch_size(), request.batches, [&](const Batch& batch) {
            collector.executor().forward(batch.inputs, {}, observe);
        });
        std::map<std::string, LayerInputs> out;
        for (const auto& [weight, parts] : seen) {
            const at::Tensor all = at::cat(parts, 1);
            out[weight] = {.inputs = all.size(0), .values = to_vector(all)};
        }
        return out;
    });
}

double correlation(std::span<const float> a, std::span<const float> b) {
    double sum_a = 0;
    double sum_b = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        sum_a += double{a[i]};
        sum_b += double{b[i]};
    }
    const double mean_a = sum_a / static_cast<double>(a.size());
    const double mean_b = sum_b / static_cast<double>(a.size());
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double x = double{a[i]} - mean_a;
        const double y = double{b[i]} - mean_b;
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

}  // namespace espalier::train
