// What determines the bytes of a stage, as text to be hashed: a stage is done once, and found again by it.
#pragma once

#include <array>
#include <string>

#include "espalier/data.h"
#include "espalier/lottery.h"

namespace espalier::lottery {

/// The examples themselves, and their shape and the classes where the bytes do not tell; where their files
/// lie does not count.
std::string data_determinants(const data::Dataset& dataset);
/// [model], [data], [train], [regularize], the seed and where the curve is measured; of the files that they
/// name, and of those that these refer to, the content. Reads them.
std::string training_determinants(const Recipe& recipe);
/// [prune] and [retrain]; not how many rounds there are, unless that changes what each of them cuts.
std::string pruning_determinants(const Recipe& recipe);

/// How the line between two copies is measured.
std::string stability_determinants(const Recipe& recipe);

/// `needs`: hashes of parent, dense network and other stage, "" for none. Places do not count but for the
/// level and a control's name, so that arms share what they do alike.
std::string stage_hash(const std::string& determinants, const StageSpec& stage,
                       const std::array<std::string, 3>& needs);

}  // namespace espalier::lottery
