#include "store/lease.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <vector>

#include "base/files.h"
#include "base/hash.h"
#include "espalier/error.h"

namespace espalier::store {
namespace {

namespace fs = std::filesystem;

constexpr int kBeatsInTime = 4;          // of a lease's seconds: three may be late
constexpr std::int64_t kKeptBehind = 3;  // generations: who has read an old number must still find it taken

std::string first_line(const fs::path& path) {
    std::ifstream in(path);
    std::string line;
    std::getline(in, line);
    return line;
}

/// Where numbers of processes count, and what they count in: the same process number elsewhere is another's.
std::string own_boot() {
    std::error_code error;
    const fs::path space = fs::read_symlink("/proc/self/ns/pid", error);
    return fmt::format("{}/{}", first_line("/proc/sys/kernel/random/boot_id"), space.string());
}

/// When the process was started, in ticks since the machine was: field 22 of /proc/PID/stat. "" if it is
/// gone.
std::string start_of(std::int64_t process) {
    const std::string line = first_line(fmt::format("/proc/{}/stat", process));
    const std::size_t name_end = line.rfind(')');
    if (name_end == std::string::npos) return "";
    std::istringstream fields(line.substr(name_end + 1));
    std::string field;
    constexpr int kStart = 20;  // counted from behind the name
    for (int i = 0; i < kStart; ++i) {
        fields >> field;
        if (i == 0 && (field == "Z" || field == "X")) return "";  // it has ended, and nobody has taken note
    }
    return field;
}

std::string to_text(const LeaseText& lease) {
    return fmt::format("{} {} {} {} {} {}\n", lease.host, lease.boot, lease.process, lease.process_start,
                       lease.beat, lease.clock);
}

LeaseText parse(const std::string& text) {
    LeaseText lease;
    std::istringstream in(text);
    in >> lease.host >> lease.boot >> lease.process >> lease.process_start >> lease.beat >> lease.clock;
    return lease;
}

std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::optional<std::int64_t> generation_of(const std::string& file, const std::string& prefix) {
    if (!file.starts_with(prefix)) return {};
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(file.data() + prefix.size(), file.data() + file.size(), number);
    if (error != std::errc() || end != file.data() + file.size()) return {};
    return number;
}

std::string prefix_of(const std::string& name) { return name + "-lease-"; }

std::vector<std::int64_t> generations(const fs::path& folder, const std::string& name) {
    std::vector<std::int64_t> found;
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        if (const auto number = generation_of(at->path().filename().string(), prefix_of(name)))
            found.push_back(*number);
    }
    if (error && error != std::errc::no_such_file_or_directory)
        throw IoError(fmt::format("{}: cannot read: {}", folder.string(), error.message()));
    return found;
}

/// Of a process that this one can look for: another boot may be another machine of the same name that lives.
bool is_gone(const LeaseText& lease) {
    return lease.boot == own_lease_text().boot && start_of(lease.process) != lease.process_start;
}

/// A new file beside leases, of a name that no process of any machine has too and that remove_half_written()
/// knows. It need not survive a crash, so nothing waits for the disk.
fs::path write_beside(const fs::path& folder, const std::string& text) {
    static std::atomic<int> count{0};
    const LeaseText own = own_lease_text();
    const fs::path path = folder / fmt::format(".lease-of-{}-{}-{}.{}", own.host,
                                               hash_hex(own.boot).substr(0, 16), own.process, ++count);
    std::ofstream file(path, std::ios::trunc);
    if (!(file << text << std::flush))
        throw IoError(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
    return path;
}

/// Makes the file with its text at once; false if it is there, or may be: who has taken it removes what is
/// beside it as half-written.
bool make(const fs::path& file, const std::string& text) {
    const fs::path beside = write_beside(file.parent_path(), text);
    const bool made = ::link(beside.c_str(), file.c_str()) == 0;
    const int error = errno;
    ::unlink(beside.c_str());
    if (made || error == EEXIST || error == ENOENT) return made;
    const bool is_unable = error == EPERM || error == EOPNOTSUPP || error == EMLINK;
    throw IoError(fmt::format("{}: cannot be leased{}: {}", file.parent_path().string(),
                              is_unable ? ", as its file system links no files" : "", std::strerror(error)));
}

}  // namespace

LeaseText own_lease_text() {
    static const std::string boot = own_boot();
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    const std::int64_t process = ::getpid();
    return {.host = host.data(),
            .boot = boot,
            .process = process,
            .process_start = start_of(process),
            .beat = 0,
            .clock = now()};
}

LeaseState lease_state(const fs::path& folder, const std::string& name) {
    LeaseState state;
    for (const std::int64_t number : generations(folder, name))
        state.generation = std::max(state.generation, number);
    if (state.generation == 0) return state;
    try {
        state.text = parse(read_text(folder / fmt::format("{}{}", prefix_of(name), state.generation)));
    } catch (const IoError&) {  // removed meanwhile: others have gone on by generations
        state.text.beat = 0;
    }
    return state;
}

Lease::Lease(fs::path folder, std::string name, std::int64_t generation, double seconds)
    : folder_(std::move(folder)),
      name_(std::move(name)),
      generation_(generation),
      pause_(seconds / kBeatsInTime),
      keeper_([this] { keep(); }) {}

Lease::~Lease() {
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
    }
    wake_.notify_all();
    keeper_.join();
    try {
        if (is_held()) write(-1);
    } catch (const std::exception&) {  // it ends by itself, later
    }
}

fs::path Lease::file(std::int64_t generation) const {
    return folder_ / fmt::format("{}{}", prefix_of(name_), generation);
}

bool Lease::is_held() const { return lease_state(folder_, name_).generation == generation_; }

void Lease::write(std::int64_t beat) {
    LeaseText text = own_lease_text();
    text.beat = beat;
    fs::rename(write_beside(folder_, to_text(text)), file(generation_));
}

/// Rewrites the file until the lease ends, or is another's.
void Lease::keep() {
    std::unique_lock lock(mutex_);
    for (std::int64_t beat = 1; !wake_.wait_for(lock, pause_, [this] { return ends_; }); ++beat) {
        try {
            if (!is_held()) return;
            write(beat);
        } catch (const std::exception&) {  // the folder may come back before the lease has ended
        }
    }
}

std::unique_ptr<Lease> Leases::take(const fs::path& folder, const std::string& name) {
    const LeaseState state = lease_state(folder, name);
    if (state.generation > 0 && !has_ended(folder, name, state)) return {};
    const std::int64_t own = state.generation + 1;
    if (!make(folder / fmt::format("{}{}", prefix_of(name), own), to_text(own_lease_text()))) return {};
    seen_.erase(folder / name);
    if (lease_state(folder, name).generation != own) return {};  // read before others went on
    for (const std::int64_t number : generations(folder, name)) {
        if (number + kKeptBehind <= own) remove_file(folder / fmt::format("{}{}", prefix_of(name), number));
    }
    return std::unique_ptr<Lease>(new Lease(folder, name, own, seconds_));
}

bool Leases::has_ended(const fs::path& folder, const std::string& name, const LeaseState& state) {
    if (state.text.is_free() || is_gone(state.text)) return true;
    const auto time = std::chrono::steady_clock::now();
    const auto [at, is_new] = seen_.try_emplace(
        folder / name, Seen{.generation = state.generation, .beat = state.text.beat, .since = time});
    Seen& seen = at->second;
    if (seen.generation != state.generation || seen.beat != state.text.beat)
        seen = {.generation = state.generation, .beat = state.text.beat, .since = time};
    return std::chrono::duration<double>(time - seen.since).count() >= seconds_;
}

}  // namespace espalier::store
