#include "runtime/execute/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <numeric>

#include "espalier/error.h"

namespace espalier::runtime {

Program::Slot Program::add_input(std::size_t index, DType dtype) {
    slots_.push_back({.kind = Kind::input, .index = index, .value = {nullptr, dtype}});
    return slots_.size() - 1;
}

Program::Slot Program::add_constant(const Tensor& value) {
    auto* bytes = const_cast<std::byte*>(value.bytes().data());  // steps only read their inputs
    slots_.push_back({.kind = Kind::constant, .value = {bytes, value.dtype()}});
    return slots_.size() - 1;
}

Program::Slot Program::add_buffer(std::size_t bytes, DType dtype, Layout layout) {
    slots_.push_back({.kind = Kind::buffer, .bytes = bytes, .value = {nullptr, dtype, layout}});
    return slots_.size() - 1;
}

void Program::add_step(std::shared_ptr<Kernel> kernel, std::vector<Slot> inputs, std::vector<Slot> outputs) {
    const Slot scratch = add_buffer(kernel->scratch_bytes(), DType::u8);
    operands_.resize(std::max(operands_.size(), inputs.size()));
    results_.resize(std::max(results_.size(), outputs.size()));
    steps_.push_back({std::move(kernel), std::move(inputs), std::move(outputs), scratch});
}

void Program::add_output(std::size_t index, Slot slot, std::size_t bytes) {
    if (slots_[slot].kind == Kind::buffer) {
        slots_[slot].kind = Kind::output;
        slots_[slot].index = index;
    } else {
        copies_.push_back({slot, index, bytes});
    }
}

std::vector<Lifetime> Program::lifetimes() const {
    std::vector<Lifetime> lifetimes(slots_.size(), {.first = steps_.size(), .last = 0, .bytes = 0});
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        const auto use = [&](Slot slot) {
            Lifetime& lifetime = lifetimes[slot];
            lifetime.first = std::min(lifetime.first, i);
            lifetime.last = i;
            if (slots_[slot].kind == Kind::buffer) lifetime.bytes = slots_[slot].bytes;
        };
        for (const Slot input : steps_[i].inputs) use(input);
        for (const Slot output : steps_[i].outputs) use(output);
        use(steps_[i].scratch);
    }
    return lifetimes;
}

void Program::finish(bool shares) {
    std::vector<Lifetime> all = lifetimes();
    if (!shares) {  // then all are needed from the first step to the last
        for (Lifetime& lifetime : all)
            lifetime = {.first = 0, .last = steps_.size(), .bytes = lifetime.bytes};
    }
    const std::vector<Slot> homes = share(all);
    const Placement placement = place(all);
    for (Slot slot = 0; slot < slots_.size(); ++slot) {
        if (slots_[slot].kind == Kind::buffer) slots_[slot].index = placement.offsets[homes[slot]];
    }
    arena_bytes_ = placement.bytes;
}

void Program::verify() const {
    const auto is_there = [&](Slot slot) {
        return slots_[slot].kind == Kind::input || slots_[slot].kind == Kind::constant;
    };
    std::vector<bool> written(slots_.size());
    for (Slot slot = 0; slot < slots_.size(); ++slot)
        written[slot] = is_there(slot) || slots_[slot].bytes == 0;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        for (const Slot input : steps_[i].inputs) {
            if (!written[input]) throw InternalError(fmt::format("step {} reads what is not written", i));
        }
        for (const Slot output : steps_[i].outputs) written[output] = true;
    }
    const std::vector<Lifetime> all = lifetimes();
    for (Slot a = 0; a < slots_.size(); ++a) {
        for (Slot b = a + 1; b < slots_.size(); ++b) {
            if (slots_[a].kind != Kind::buffer || slots_[b].kind != Kind::buffer) continue;
            const bool apart = slots_[a].index + all[a].bytes <= slots_[b].index ||
                               slots_[b].index + all[b].bytes <= slots_[a].index;
            const bool in_turn = all[a].last < all[b].first || all[b].last < all[a].first;
            // An output that is computed in place takes over where its input ends.
            const bool takes_over = slots_[a].index == slots_[b].index && all[a].bytes == all[b].bytes &&
                                    (all[a].last == all[b].first || all[b].last == all[a].first);
            if (!apart && !in_turn && !takes_over)
                throw InternalError(fmt::format("slots {} and {} lie in the same memory", a, b));
        }
    }
}

std::vector<Program::Slot> Program::share(std::vector<Lifetime>& lifetimes) const {
    std::vector<Slot> homes(slots_.size());
    std::iota(homes.begin(), homes.end(), Slot{0});
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        const auto index = steps_[i].kernel->in_place();
        if (!index) continue;
        const Slot output = steps_[i].outputs.front();
        const Slot home = homes[steps_[i].inputs[*index]];
        const auto lies_there = [&](Slot slot) { return homes[slot] == home; };
        const bool possible = slots_[output].kind == Kind::buffer && slots_[home].kind == Kind::buffer &&
                              slots_[output].bytes == slots_[home].bytes && lifetimes[home].last == i &&
                              std::ranges::count_if(steps_[i].inputs, lies_there) == 1;
        if (!possible) continue;
        homes[output] = home;
        lifetimes[home].last = lifetimes[output].last;
        lifetimes[output].bytes = 0;
    }
    return homes;
}

void Program::bind(std::span<const std::byte* const> inputs, std::span<std::byte* const> outputs,
                   std::byte* arena) {
    for (SlotInfo& slot : slots_) {
        switch (slot.kind) {
            case Kind::input:
                slot.value.bytes = const_cast<std::byte*>(inputs[slot.index]);
                break;
            case Kind::output:
                slot.value.bytes = outputs[slot.index];
                break;
            case Kind::buffer:
                slot.value.bytes = arena + slot.index;
                break;
            case Kind::constant:
                break;
        }
    }
}

void Program::run_step(Step& step) {
    for (std::size_t i = 0; i < step.inputs.size(); ++i) operands_[i] = slots_[step.inputs[i]].value;
    for (std::size_t i = 0; i < step.outputs.size(); ++i) results_[i] = slots_[step.outputs[i]].value;
    step.kernel->run({operands_.data(), step.inputs.size()}, {results_.data(), step.outputs.size()},
                     slots_[step.scratch].value.bytes);
}

void Program::copy_outputs(std::span<std::byte* const> outputs) {
    for (const Copy& copy : copies_) {
        if (copy.bytes > 0) std::memcpy(outputs[copy.output], slots_[copy.from].value.bytes, copy.bytes);
    }
}

void Program::rehearse(std::span<const std::byte* const> inputs, std::span<std::byte* const> outputs,
                       std::byte* arena) {
    bind(inputs, outputs, arena);
    for (Step& step : steps_) {
        if (!step.kernel->depends_on_data()) {
            run_step(step);
            continue;
        }
        // What lies there may be denormal numbers, on which later steps would take many times as long.
        for (const Slot output : step.outputs)
            std::memset(slots_[output].value.bytes, 0, slots_[output].bytes);
    }
    copy_outputs(outputs);
}

}  // namespace espalier::runtime
