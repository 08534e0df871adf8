#include "train/ranks/reach.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <sstream>

#include "base/files.h"
#include "base/hash.h"
#include "espalier/error.h"

namespace espalier::train {
namespace {

constexpr const char* kFormat = "espalier-ranks-1";
constexpr std::uint16_t kDiscard = 9;  // any port: nothing is sent

std::string text_of(const in_addr& address) {
    std::array<char, INET_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET, &address, text.data(), text.size());
    return text.data();
}

/// Of every interface that is up, without the loopback.
std::vector<std::string> own_addresses() {
    std::vector<std::string> addresses;
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return addresses;
    for (const ifaddrs* at = first; at != nullptr; at = at->ifa_next) {
        const bool is_usable = at->ifa_addr != nullptr && at->ifa_addr->sa_family == AF_INET &&
                               (at->ifa_flags & IFF_UP) != 0 && (at->ifa_flags & IFF_LOOPBACK) == 0;
        if (!is_usable) continue;
        addresses.push_back(text_of(reinterpret_cast<const sockaddr_in*>(at->ifa_addr)->sin_addr));
    }
    ::freeifaddrs(first);
    return addresses;
}

}  // namespace

std::string host_name() {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name.data();
}

Reach own_reach(std::uint16_t port, int size) {
    Reach reach{.host = host_name(), .addresses = own_addresses(), .port = port, .size = size, .session = ""};
    if (const char* master = std::getenv("MASTER_ADDR"); master != nullptr && *master != '\0')
        reach.addresses.insert(reach.addresses.begin(), master);
    const auto now = std::chrono::system_clock::now().time_since_epoch().count();
    reach.session = hash_hex(fmt::format("{} {} {} {}", reach.host, ::getpid(), port, now));
    return reach;
}

std::string address_towards(const std::string& address) {
    addrinfo hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(address.c_str(), std::to_string(kDiscard).c_str(), &hints, &found) != 0) return "";
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in own{};
    socklen_t length = sizeof own;
    const bool is_known = fd >= 0 && ::connect(fd, found->ai_addr, found->ai_addrlen) == 0 &&
                          ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &length) == 0;
    if (fd >= 0) ::close(fd);
    ::freeaddrinfo(found);
    return is_known ? text_of(own.sin_addr) : "";
}

std::filesystem::path reach_file(const std::filesystem::path& folder) { return folder / "ranks"; }

void write_reach(const std::filesystem::path& folder, const Reach& reach) {
    std::string text =
        fmt::format("{}\n{}\n{} {}\n{}\n", kFormat, reach.session, reach.port, reach.size, reach.host);
    for (const std::string& address : reach.addresses) text += address + "\n";
    write_text(reach_file(folder), text);
}

std::optional<Reach> read_reach(const std::filesystem::path& folder) {
    const std::filesystem::path file = reach_file(folder);
    if (!file_exists(file)) return {};
    std::istringstream in(read_text(file));
    std::string format;
    Reach reach;
    in >> format >> reach.session >> reach.port >> reach.size >> reach.host;
    if (!in || format != kFormat)
        throw BadData(fmt::format("{}: does not say how ranks meet; remove it", file.string()));
    for (std::string address; in >> address;) reach.addresses.push_back(address);
    return reach;
}

}  // namespace espalier::train
