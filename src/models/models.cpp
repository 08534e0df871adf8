#include "espalier/models.h"

#include "models/model.h"

namespace espalier::models {

Graph build(std::string_view name, const Options& options) { return networks().get(name).build(options); }

}  // namespace espalier::models
