// Which instruction set the kernels run with. The best one of this CPU, unless another is forced.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace espalier::kernels {

/// Those this build has and this CPU can run, best first: "avx3" (AVX-512), "avx2", "sse4", "neon", "scalar".
std::vector<std::string> instruction_sets();

/// While it lives, all kernels of the process run with this instruction set: for tests and comparisons, not
/// while other threads run kernels. Throws InvalidArgument if the name is not one of instruction_sets().
class ForcedInstructionSet {
  public:
    explicit ForcedInstructionSet(std::string_view name);
    ~ForcedInstructionSet();
    ForcedInstructionSet(const ForcedInstructionSet&) = delete;
    ForcedInstructionSet& operator=(const ForcedInstructionSet&) = delete;
};

/// Highway's name of a target, in lower case: how a kernel reports what it was compiled for.
std::string instruction_set_name(const char* target);

}  // namespace espalier::kernels
