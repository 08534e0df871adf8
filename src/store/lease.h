// Who works on what, in a folder that several machines see, without a server and without their clocks.
//
// A lease is a file NAME-lease-G that its holder rewrites every few seconds. It is taken by making the file
// of the next generation G + 1, which link(2) lets one process do, also over NFS. It has ended when its
// holder says so, when that is a process of this boot of this machine that is gone, or when its text has not
// changed for kSeconds by the clock of whoever looks: nobody's clock is compared with another's, so one that
// is off does no harm.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace espalier::store {

/// What the file of a lease says.
struct LeaseText {
    std::string host;
    std::string boot;  // of the machine, and the PID namespace: who has the same can look for the process
    std::int64_t process = 0;
    std::string process_start;
    std::int64_t beat = 0;   // counts the times it was rewritten; -1: given back
    std::int64_t clock = 0;  // seconds since 1970, as the holder has them; for people

    bool is_free() const { return beat < 0; }
};

/// Of the process that asks.
LeaseText own_lease_text();

/// The newest generation of NAME in a folder, 0 if there is none, with its text.
struct LeaseState {
    std::int64_t generation = 0;
    LeaseText text;
};
/// Throws IoError.
LeaseState lease_state(const std::filesystem::path& folder, const std::string& name);

/// A lease that this process holds until it is destroyed; a thread of its own rewrites the file.
class Lease {
  public:
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    /// False once another process has taken it, as from a machine that had stood still: what is done from now
    /// on would be done twice.
    bool is_held() const;

  private:
    friend class Leases;
    Lease(std::filesystem::path folder, std::string name, std::int64_t generation, double seconds);
    std::filesystem::path file(std::int64_t generation) const;
    void keep();
    void write(std::int64_t beat);

    std::filesystem::path folder_;
    std::string name_;
    std::int64_t generation_;
    std::chrono::duration<double> pause_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool ends_ = false;
    std::thread keeper_;
};

/// Takes leases, and remembers since when those of others have not changed.
class Leases {
  public:
    static constexpr double kSeconds = 60;  // without a change, after which a holder is taken for lost

    explicit Leases(double seconds = kSeconds) : seconds_(seconds) {}

    /// Null if another process holds it. Throws IoError, also where the folder's file system has no link(2).
    std::unique_ptr<Lease> take(const std::filesystem::path& folder, const std::string& name);

    /// Whether its holder is known to be gone, as far as has been seen until now.
    bool has_ended(const std::filesystem::path& folder, const std::string& name, const LeaseState& state);

  private:
    struct Seen {
        std::int64_t generation = 0;
        std::int64_t beat = 0;
        std::chrono::steady_clock::time_point since;
    };

    double seconds_;
    std::map<std::filesystem::path, Seen> seen_;
};

}  // namespace espalier::store
