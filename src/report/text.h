// Numbers and names as the report writes them.
#pragma once

#include <string>
#include <string_view>

#include "espalier/report.h"

namespace espalier::report {

/// For text and for attributes in double quotes.
std::string escape_html(std::string_view text);

/// Keeps "61 µs", "3.6 %", "n = 2" and "59–64" on one line of prose that wraps.
std::string unbroken(std::string text);

/// 0.89614 -> "89.61"; "–" for NaN.
std::string percent(double fraction);
/// "89.50–89.72"
std::string percent_range(const Spread& spread);
/// "89.61 % (89.50–89.72, n = 2)", or "89.61 % (n = 1)": one value has no range.
std::string accuracy(const Spread& spread);

/// 0.0355 -> "3.6 %": how much is left, in three digits where they matter.
std::string share(double fraction);
/// 266200.0 -> "266,200"
std::string whole(double value);
/// 0.0612 -> "61 µs", 12.34 -> "12.3 ms"
std::string duration(double milliseconds);
/// "59–64": in the unit of the mean.
std::string duration_range(const Spread& milliseconds);
/// "61 µs (59–64)"
std::string duration(const Spread& milliseconds);
/// "7.5×"
std::string times(double ratio);
/// 4321 -> "1 h 12 min"
std::string elapsed(double seconds);

}  // namespace espalier::report
