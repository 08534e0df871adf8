// One part of the report. The files of sections/ turn a run into words (HTML) and data (JSON); a section with
// data has a NAME.js beside it that draws them. To add a section, add these files.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/table.h"
#include "report/findings/experiment.h"

namespace espalier::report {

using Json = nlohmann::ordered_json;

struct Content {
    std::string html;     // before the plot; may be empty
    Json data = nullptr;  // what NAME.js draws; null: no plot
    std::string caption;  // HTML under the plot: what to see, how to read it

    /// A section that this kind of run does not have; it is left out.
    bool is_empty() const { return html.empty() && data.is_null() && caption.empty(); }
};

struct Section {
    std::string_view name;  // anchor, and name of the drawing function
    std::string_view summary;
    std::string_view title;
    std::string_view link;  // in the list at the top of the page: a word or two
    int position = 0;       // order on the page
    Content (*write)(const Experiment& experiment) = nullptr;
};

/// The files of sections/.
const Table<Section>& sections();

/// What a section says that has nothing to show, and why.
Content nothing(std::string_view reason);

}  // namespace espalier::report
