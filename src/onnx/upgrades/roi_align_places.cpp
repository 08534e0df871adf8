// RoiAlign of opset 10 knew no half pixels: from 16 on that is coordinate_transformation_mode =
// output_half_pixel.
#include "onnx/upgrade.h"

namespace espalier::onnx::upgrades_::roi_align_places_ {
namespace {

constexpr std::string_view kOps[] = {"RoiAlign"};

void rewrite(Rewriter& to, Node node) {
    node.attributes["coordinate_transformation_mode"] = std::string("output_half_pixel");
    to.emit(std::move(node));
}

}  // namespace

extern const Upgrade roi_align_places{.name = "roi_align_places",
                                      .summary = "RoiAlign: without half pixels, said so",
                                      .ops = kOps,
                                      .first = 10,
                                      .last = 10,
                                      .rewrite = rewrite};

}  // namespace espalier::onnx::upgrades_::roi_align_places_
