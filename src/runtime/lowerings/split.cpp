// Split: rows of the input to several outputs.
#include <algorithm>

#include "base/threads/parallel.h"
#include "runtime/cost_model.h"
#include "runtime/loops/row_segments.h"

namespace espalier::runtime::lowerings_::split_ {
namespace {

class SplitKernel final : public Kernel {
  public:
    SplitKernel(Pieces pieces, int threads) : pieces_(std::move(pieces)), threads_(threads) {}

    void run(std::span<const Operand> inputs, std::span<const Result> outputs, std::byte*) override {
        parallel_for(pieces_.rows, threads_, [&](std::int64_t begin, std::int64_t end) {
            const float* from = inputs[0].f32() + begin * pieces_.row();
            for (std::int64_t row = begin; row < end; ++row) {
                for (std::size_t i = 0; i < outputs.size(); ++i) {
                    const std::int64_t length = pieces_.lengths[i];
                    std::copy_n(from, length, outputs[i].f32() + row * length);
                    from += length;
                }
            }
        });
    }

  private:
    Pieces pieces_;
    int threads_;
};

/// All of the outputs have a name, and so a place.
bool takes(const Node& node, const std::map<std::string, ValueType>&, const Graph&) {
    return std::ranges::none_of(node.outputs, [](const std::string& name) { return name.empty(); });
}

std::vector<Candidate> candidates(const LoweringContext& site) {
    std::int64_t axis = site.node.attribute_int("axis", 0);
    if (axis < 0) axis += std::ssize(site.output);
    const Pieces pieces = Pieces::of(site.outputs, static_cast<std::size_t>(axis));
    return {{.name = "loops",
             .single_us = 4 * predict_element_us(element_count(site.operands[0].shape)),
             .make = [=](int threads) { return std::make_shared<SplitKernel>(pieces, threads); }}};
}

}  // namespace

extern const Lowering split{.name = "Split",
                            .summary = "parts of a value",
                            .candidates = candidates,
                            .takes = takes,
                            .data_inputs = 1,
                            .all_outputs = true};

}  // namespace espalier::runtime::lowerings_::split_
