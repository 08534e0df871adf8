#include "runtime/loops/index_copy.h"

#include <algorithm>
#include <numeric>

#include "graph/evaluation.h"
#include "runtime/loops/loop_kernel.h"

namespace espalier::runtime {
namespace {

constexpr std::int64_t kNone = -1;

/// For each element of the output the place it comes from, kNone for the fill.
std::vector<std::int64_t> sources_of(const LoweringContext& site, std::size_t fill) {
    Tensor places(DType::i64, site.operands[0].shape);
    std::iota(places.as<std::int64_t>().begin(), places.as<std::int64_t>().end(), std::int64_t{0});
    const Tensor none = Tensor::of<std::int64_t>({}, std::vector{kNone});
    Node node = site.node;
    std::vector<const Tensor*> inputs;
    std::size_t operand = 0;
    for (const std::string& input : node.inputs)
        inputs.push_back(input.empty() ? nullptr : site.operands[operand++].constant);
    inputs[0] = &places;
    if (fill > 0) {
        inputs.resize(std::max(inputs.size(), fill + 1), nullptr);
        node.inputs.resize(inputs.size());
        node.inputs[fill] = "fill";
        inputs[fill] = &none;
    }
    const Tensor found = evaluate(node, inputs).front();
    return {found.as<std::int64_t>().begin(), found.as<std::int64_t>().end()};
}

/// The longest block such that the output is whole blocks of neighbours, or of fill.
std::int64_t block_of(const std::vector<std::int64_t>& sources) {
    std::int64_t block = std::ssize(sources);
    for (std::size_t i = 1; i < sources.size() && block > 1; ++i) {
        const bool goes_on = sources[i] == kNone
                                 ? sources[i - 1] == kNone
                                 : sources[i - 1] != kNone && sources[i] == sources[i - 1] + 1;
        if (!goes_on) block = std::gcd(block, static_cast<std::int64_t>(i));
    }
    return block;
}

float fill_value(const LoweringContext& site, std::size_t fill) {
    if (fill == 0 || fill >= site.node.inputs.size() || site.node.inputs[fill].empty()) return 0;
    std::size_t operand = 0;
    for (std::size_t i = 0; i < fill; ++i) operand += site.node.inputs[i].empty() ? 0 : 1;
    return site.operands[operand].constant->f32()[0];
}

}  // namespace

std::vector<Candidate> moved(const LoweringContext& site, std::size_t fill) {
    const std::vector<std::int64_t> sources = sources_of(site, fill);
    const std::int64_t block = block_of(sources);
    std::vector<std::int64_t> starts;
    for (std::size_t i = 0; i < sources.size(); i += static_cast<std::size_t>(block))
        starts.push_back(sources[i]);
    const std::int64_t blocks = std::ssize(starts);
    return {loops(blocks, std::ssize(sources),
                  [=, starts = std::move(starts), value = fill_value(site, fill)](
                      Inputs inputs, const Result& output, std::int64_t begin, std::int64_t end) {
                      const float* x = inputs[0].f32();
                      float* y = output.f32();
                      for (std::int64_t i = begin; i < end; ++i) {
                          const std::int64_t from = starts[static_cast<std::size_t>(i)];
                          if (from == kNone) {
                              std::fill_n(y + i * block, block, value);
                          } else {
                              std::copy_n(x + from, block, y + i * block);
                          }
                      }
                  })};
}

}  // namespace espalier::runtime
