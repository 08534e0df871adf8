// Scan of opset 8 runs over a batch of sequences of given lengths, which no later operator says.
#include <fmt/format.h>

#include "espalier/error.h"
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::scan_batches_ {
namespace {

constexpr std::string_view kOps[] = {"Scan"};

// NOLINTNEXTLINE(performance-unnecessary-value-param): as every upgrade takes it
void rewrite(Rewriter& /*to*/, Node node) {
    throw Unsupported(fmt::format("{}: Scan of opset 8 is not supported", describe(node)));
}

}  // namespace

extern const Upgrade scan_batches{.name = "scan_batches",
                                  .summary = "Scan of opset 8: refused",
                                  .ops = kOps,
                                  .first = 8,
                                  .last = 8,
                                  .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::scan_batches_
