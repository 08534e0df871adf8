#include "runtime/execute/program.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace espalier::runtime {

Program::Slot Program::add_input(std::size_t index) {
    slots_.push_back({.kind = Kind::input, .index = index});
    return slots_.size() - 1;
}

Program::Slot Program::add_constant(const float* data) {
    slots_.push_back(
        {.kind = Kind::constant, .address = const_cast<float*>(data)});  // steps only read their inputs
    return slots_.size() - 1;
}

Program::Slot Program::add_buffer(std::size_t bytes) {
    slots_.push_back({.kind = Kind::buffer, .bytes = bytes});
    return slots_.size() - 1;
}

void Program::add_step(std::shared_ptr<Kernel> kernel, std::vector<Slot> inputs, std::vector<Slot> outputs) {
    const Slot scratch = add_buffer(kernel->scratch_bytes());
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

void Program::finish() {
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
    const std::vector<Slot> homes = share(lifetimes);
    const Placement placement = place(lifetimes);
    for (Slot slot = 0; slot < slots_.size(); ++slot) {
        if (slots_[slot].kind == Kind::buffer) slots_[slot].index = placement.offsets[homes[slot]];
    }
    arena_bytes_ = placement.bytes;
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

void Program::bind(std::span<const float* const> inputs, std::span<float* const> outputs, std::byte* arena) {
    for (SlotInfo& slot : slots_) {
        switch (slot.kind) {
            case Kind::input:
                slot.address = const_cast<float*>(inputs[slot.index]);
                break;
            case Kind::output:
                slot.address = outputs[slot.index];
                break;
            case Kind::buffer:
                slot.address = reinterpret_cast<float*>(arena + slot.index);
                break;
            case Kind::constant:
                break;
        }
    }
}

void Program::run_step(Step& step) {
    for (std::size_t i = 0; i < step.inputs.size(); ++i) operands_[i] = slots_[step.inputs[i]].address;
    for (std::size_t i = 0; i < step.outputs.size(); ++i) results_[i] = slots_[step.outputs[i]].address;
    step.kernel->run_all({operands_.data(), step.inputs.size()}, {results_.data(), step.outputs.size()},
                         reinterpret_cast<std::byte*>(slots_[step.scratch].address));
}

void Program::copy_outputs(std::span<float* const> outputs) {
    for (const Copy& copy : copies_) {
        if (copy.bytes > 0) std::memcpy(outputs[copy.output], slots_[copy.from].address, copy.bytes);
    }
}

void Program::rehearse(std::span<const float* const> inputs, std::span<float* const> outputs,
                       std::byte* arena) {
    bind(inputs, outputs, arena);
    for (Step& step : steps_) {
        if (!step.kernel->depends_on_data()) {
            run_step(step);
            continue;
        }
        // What lies there may be denormal numbers, on which later steps would take many times as long.
        for (const Slot output : step.outputs) std::memset(slots_[output].address, 0, slots_[output].bytes);
    }
    copy_outputs(outputs);
}

}  // namespace espalier::runtime
