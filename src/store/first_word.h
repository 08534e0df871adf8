// Of several processes that fail together on one run, one tells why.
#pragma once

#include <filesystem>

namespace espalier::store {

/// True for the first process that asks since nobody_told(), whatever machine it is on; the others have
/// nothing to add.
bool is_first_to_tell(const std::filesystem::path& run);
void nobody_told(const std::filesystem::path& run);

}  // namespace espalier::store
