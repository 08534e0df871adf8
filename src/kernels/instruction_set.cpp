#include "kernels/instruction_set.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/highway_targets.h"
// Must follow targets.h.
#include <hwy/highway.h>

#include "espalier/error.h"

namespace espalier::kernels {
namespace {

/// 0: the CPU's own.
void choose(std::int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace

std::string instruction_set_name(const char* target) {
    std::string name(target);
    for (char& c : name) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return name;
}

std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
        names.push_back(instruction_set_name(hwy::TargetName(target)));
    }
    return names;
}

ForcedInstructionSet::ForcedInstructionSet(std::string_view name) {
    for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
        if (instruction_set_name(hwy::TargetName(target)) == name) {
            choose(target);
            return;
        }
    }
    throw InvalidArgument(fmt::format("instruction set \"{}\" is not available, expected one of: {}", name,
                                      fmt::join(instruction_sets(), ", ")));
}

ForcedInstructionSet::~ForcedInstructionSet() { choose(0); }

}  // namespace espalier::kernels
