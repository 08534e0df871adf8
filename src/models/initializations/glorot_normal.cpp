// w ~ N(0, 2 / (in + out))
// Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
#include "models/model.h"

namespace espalier::models::initializations_::glorot_normal_ {

extern const Initialization glorot_normal{.name = "glorot-normal",
                                          .summary = "Gaussian of variance 2 / (in + out)",
                                          .fill = espalier::glorot_normal};

}  // namespace espalier::models::initializations_::glorot_normal_
