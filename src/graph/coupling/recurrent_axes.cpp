#include "graph/coupling/recurrent_axes.h"

namespace espalier {

void couple_recurrent(Coupling& coupling) {
    const std::int64_t hidden = coupling.input(2)[2];
    const auto unit = [hidden](std::int64_t row) { return row % hidden; };  // rows are gates of units
    coupling.same({in(0, 2), in(1, 2)});
    std::vector<std::pair<OperandAxis, Coupling::ThingOf>> axes;
    for (const OperandAxis& axis : {in(1, 1), in(2, 1), in(2, 2), in(3, 1), in(5, 2), in(6, 2), in(7, 1),
                                    out(0, 3), out(1, 2), out(2, 2)})
        axes.emplace_back(axis, unit);
    coupling.same_by(axes);
    coupling.units(in(2, 2));
}

void shrink_recurrent(Shrinking& shrinking) {
    const auto kept = shrinking.kept(in(2, 2));
    if (!kept.empty()) shrinking.node().attributes["hidden_size"] = std::ssize(kept);
}

}  // namespace espalier
