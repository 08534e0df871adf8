// Operators of image networks by their definitions, in double precision; see runtime/cases/plain.h.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "runtime/cases/plain.h"

namespace espalier::test {

/// Nothing if the operator is none of these.
std::optional<Plain> evaluate_image_op(const Node& node, const std::map<std::string, Plain>& values);

}  // namespace espalier::test
