// Kernels of plain loops, for operators that only pass over memory and for forms that oneDNN does not offer.
// Items are shared out over the threads, so a body must not write outside its own.
#pragma once

#include <utility>

#include "base/threads/parallel.h"
#include "runtime/cost_model.h"
#include "runtime/execute/kernel.h"

namespace espalier::runtime {

using Inputs = std::span<const Operand>;

/// Calls `body(inputs, output, begin, end)` on ranges that cover `items`.
template <class Body>
class LoopKernel final : public Kernel {
  public:
    LoopKernel(std::int64_t items, int threads, Body body)
        : items_(items), threads_(threads), body_(std::move(body)) {}

    void run(Inputs inputs, std::span<const Result> outputs, std::byte*) override {
        // One captured pointer fits in a std::function without memory of its own.
        const struct {
            const Body& body;
            Inputs inputs;
            const Result& output;
        } all{body_, inputs, outputs.front()};
        parallel_for(items_, threads_, [&all](std::int64_t begin, std::int64_t end) {
            all.body(all.inputs, all.output, begin, end);
        });
    }

  private:
    std::int64_t items_;
    int threads_;
    Body body_;
};

/// A candidate that touches `elements` about once in `items` independent parts.
template <class Body>
Candidate loops(std::int64_t items, std::int64_t elements, Body body) {
    return {.name = "loops",
            .single_us = 4 * predict_element_us(elements),
            .make = [items, body = std::move(body)](int threads) -> std::shared_ptr<Kernel> {
                return std::make_shared<LoopKernel<Body>>(items, threads, body);
            }};
}

}  // namespace espalier::runtime
