#include "store/tables/widths.h"

#include <algorithm>

namespace espalier::store {
namespace {

constexpr const char* kWidthsTable = R"(
    CREATE TABLE IF NOT EXISTS widths (
        stage TEXT NOT NULL,
        position INTEGER NOT NULL,
        width INTEGER NOT NULL,
        width_total INTEGER NOT NULL,
        PRIMARY KEY (stage, position)
    ) WITHOUT ROWID;
)";

}  // namespace

void write_widths(Database& database, const Stage& stage) {
    const auto has_width = [](const LayerCount& layer) { return layer.width_total > 0; };
    if (std::ranges::none_of(stage.layers, has_width) && !database.has_table("widths")) return;
    database.execute(kWidthsTable);
    Statement(database, "DELETE FROM widths WHERE stage = ? OR stage NOT IN (SELECT hash FROM stages)")
        .bind(stage.hash)
        .run();
    Statement insert(database, "INSERT INTO widths VALUES (?, ?, ?, ?)");
    for (std::size_t i = 0; i < stage.layers.size(); ++i) {
        const LayerCount& layer = stage.layers[i];
        if (has_width(layer))
            insert.bind(stage.hash, static_cast<std::int64_t>(i), layer.width, layer.width_total).run();
    }
}

void read_widths(Database& database, Stage& stage) {
    if (!database.has_table("widths")) return;
    Statement row(database, "SELECT position, width, width_total FROM widths WHERE stage = ?");
    row.bind(stage.hash);
    while (row.next()) {
        const auto position = static_cast<std::size_t>(row.integer(0));
        if (position >= stage.layers.size()) continue;
        stage.layers[position].width = row.integer(1);
        stage.layers[position].width_total = row.integer(2);
    }
}

}  // namespace espalier::store
