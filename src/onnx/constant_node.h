// What a Constant node holds, in any of its attributes.
#pragma once

#include <optional>
#include <string>

#include "espalier/graph.h"

namespace espalier::onnx {

/// What a Constant with this attribute gives, of which a tensor is taken; nothing for strings.
std::optional<Tensor> to_constant(const std::string& key, Attribute& value);

}  // namespace espalier::onnx
