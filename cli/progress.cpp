#include "cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <iostream>

namespace espalier::cli {
namespace {

constexpr int kBarWidth = 26;

std::string draw(double share) {
    static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const int eighths = static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * kBarWidth * 8));
    std::string bar = "▕";
    for (int i = 0; i < eighths / 8; ++i) bar += "█";
    bar += kEighths[eighths % 8];
    const int used = eighths / 8 + (eighths % 8 != 0 ? 1 : 0);
    return bar + std::string(static_cast<std::size_t>(kBarWidth - used), ' ') + "▏";
}

}  // namespace

int terminal_width(int descriptor) {
    winsize size{};
    return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

ProgressBar::ProgressBar()
    : terminal_(::isatty(STDERR_FILENO) != 0), start_(std::chrono::steady_clock::now()) {}

ProgressBar::~ProgressBar() { clear(); }

void ProgressBar::show(double share, const std::string& text) {
    if (!terminal_) return;
    if (first_share_ < 0) first_share_ = share;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    std::string left = "...";
    if (share > first_share_ + 1e-3) {
        left = format_duration(seconds * (1 - share) / (share - first_share_)) + " left";
    }
    std::string tail = fmt::format(" {:3.0f} %  {}  {}", 100 * share, text, left);
    const int known = terminal_width(STDERR_FILENO);
    const int columns = known > 0 ? known : 80;
    const auto room = static_cast<std::size_t>(std::max(0, columns - kBarWidth - 3));
    if (tail.size() > room) tail.resize(room);  // a wrapped line could not be redrawn in place
    std::cerr << "\r\x1b[K" << draw(share) << tail << std::flush;
}

void ProgressBar::line(const std::string& text) {
    clear();
    std::cerr << text << std::endl;
}

void ProgressBar::clear() const {
    if (terminal_) std::cerr << "\r\x1b[K" << std::flush;
}

std::string format_duration(double seconds) {
    const auto whole = static_cast<long>(std::lround(seconds));
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
    return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

}  // namespace espalier::cli
