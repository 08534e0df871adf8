// What a compiled layer is made of: one prepared computation, and the ways to choose from.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "runtime/execute/operand.h"

namespace espalier::runtime {

/// One computation with its shapes, weights and thread count fixed; only addresses change from run to run.
class Kernel {
  public:
    Kernel() = default;
    Kernel(const Kernel&) = delete;
    Kernel& operator=(const Kernel&) = delete;
    virtual ~Kernel() = default;

    /// Bytes that run() needs at `scratch`, aligned to a cache line.
    virtual std::size_t scratch_bytes() const { return 0; }
    /// Inputs in the order of the step's operands, of which constants that the kernel has taken in are not
    /// read; outputs in the order of those that the node names, one where the lowering gives one.
    virtual void run(std::span<const Operand> inputs, std::span<const Result> outputs,
                     std::byte* scratch) = 0;
    /// An input in whose memory the output may lie, if nothing reads that input later. Where it does not, the
    /// kernel copies it there.
    virtual std::optional<std::size_t> in_place() const { return {}; }
    /// What its inputs hold may make it throw, so it is not run on made-up ones and not timed.
    virtual bool depends_on_data() const { return false; }
};

/// Names of kernels that read every weight begin with "dense": that of every oneDNN primitive of f32,
inline constexpr const char* kDenseName = "dense (oneDNN)";
/// of bf16,
inline constexpr const char* kDenseBf16Name = "dense bf16 (oneDNN)";
/// and of products that read weights of f16 or bf16 and are computed in f32.
inline constexpr const char* kDenseHalvesName = "dense (16-bit weights)";
/// By what it reads.
inline const char* dense_name(Layout input) { return is_bf16(input) ? kDenseBf16Name : kDenseName; }

/// One way to compute a layer. It is made only if it is on the shortlist.
struct Candidate {
    std::string name;  // as profiles show it: "spmm_f32_panel avx3", "dense (oneDNN)", "reference"
    Layout input = Layout::row_major;  // of the first input; of all that are images and no constants
    Layout output = Layout::row_major;
    bool sparse = false;
    int unit = 1;          // of a sparse one: outputs that are read together
    double single_us = 0;  // predicted for one thread; 0 without a model
    /// Null if it turns out that it cannot be made; the first candidate of a layer always can.
    std::function<std::shared_ptr<Kernel>(int threads)> make;
    std::string note = {};  // what sets it apart from others of the same name: "Winograd"
};

}  // namespace espalier::runtime
