#include "report/text.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <utility>

#include "base/text/numbers.h"

namespace espalier::report {
namespace {

constexpr const char* kNone = "–";

struct Unit {
    double per_millisecond;
    const char* name;
};

Unit unit_of(double milliseconds) {
    if (milliseconds < 1) return {1000, "µs"};
    if (milliseconds < 1000) return {1, "ms"};
    return {0.001, "s"};
}

/// Three digits: 0.612, 6.12, 61.2, 612.
std::string digits(double value) {
    return fmt::format("{:.{}f}", value, value < 0.9995 ? 3 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

}  // namespace

std::string escape_html(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

std::string unbroken(std::string text) {
    constexpr std::pair<const char*, const char*> kJoined[] = {
        {" %", "\u00a0%"},   {" µs", "\u00a0µs"},      {" ms", "\u00a0ms"},
        {" KB", "\u00a0KB"}, {" = ", "\u00a0=\u00a0"}, {"–", "\u2060–\u2060"},
    };
    for (const auto& [from, to] : kJoined) {
        const std::size_t size = std::strlen(from);
        for (std::size_t at = text.find(from); at != std::string::npos;
             at = text.find(from, at + std::strlen(to))) {
            text.replace(at, size, to);
        }
    }
    return text;
}

std::string percent(double fraction) {
    return std::isfinite(fraction) ? fmt::format("{:.2f}", 100 * fraction) : std::string(kNone);
}

std::string percent_range(const Spread& spread) {
    return fmt::format("{}–{}", percent(spread.low), percent(spread.high));
}

std::string accuracy(const Spread& spread) {
    if (spread.count == 0) return kNone;
    if (!std::isfinite(spread.mean)) return fmt::format("not a number (n = {})", spread.count);
    if (spread.count == 1) return fmt::format("{} % (n = 1)", percent(spread.mean));
    return fmt::format("{} % ({}, n = {})", percent(spread.mean), percent_range(spread), spread.count);
}

std::string share(double fraction) {
    if (!std::isfinite(fraction)) return kNone;
    const double value = 100 * fraction;
    return fmt::format("{:.{}f} %", value, value < 0.995 ? 2 : 1);
}

std::string whole(double value) {
    return std::isfinite(value) ? with_commas(std::llround(value)) : std::string(kNone);
}

std::string duration(double milliseconds) {
    if (!std::isfinite(milliseconds)) return kNone;
    const Unit unit = unit_of(milliseconds);
    return fmt::format("{} {}", digits(milliseconds * unit.per_millisecond), unit.name);
}

std::string duration_range(const Spread& milliseconds) {
    const double scale = unit_of(milliseconds.mean).per_millisecond;
    return fmt::format("{}–{}", digits(milliseconds.low * scale), digits(milliseconds.high * scale));
}

std::string duration(const Spread& milliseconds) {
    if (milliseconds.count == 0 || !std::isfinite(milliseconds.mean)) return kNone;
    return fmt::format("{} ({})", duration(milliseconds.mean), duration_range(milliseconds));
}

std::string times(double ratio) {
    if (!std::isfinite(ratio)) return kNone;
    return fmt::format("{:.{}f}×", ratio, ratio < 1.995 ? 2 : ratio < 9.95 ? 1 : 0);
}

std::string elapsed(double seconds) {
    if (!std::isfinite(seconds)) return kNone;
    const auto total = std::llround(seconds);
    if (total < 60) return fmt::format("{} s", total);
    if (total < 3600) return fmt::format("{} min {} s", total / 60, total % 60);
    return fmt::format("{} h {} min", total / 3600, total / 60 % 60);
}

}  // namespace espalier::report
