// How processes of one training find each other: the first leaves a file in the folder that all see.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace espalier::train {

/// What the first rank says of itself.
struct Reach {
    std::string host;                    // its name
    std::vector<std::string> addresses;  // IPv4, likeliest first: MASTER_ADDR where the launcher has set it
    std::uint16_t port = 0;
    int size = 0;  // of the training
    std::string session;
};

std::string host_name();

/// This machine, to be reached at `port`.
Reach own_reach(std::uint16_t port, int size);

/// The address of this machine that one who listens at `address` sees. "" if there is no way there.
std::string address_towards(const std::string& address);

std::filesystem::path reach_file(const std::filesystem::path& folder);
void write_reach(const std::filesystem::path& folder, const Reach& reach);
/// Nothing if the file is not there. Throws BadData if it is something else.
std::optional<Reach> read_reach(const std::filesystem::path& folder);

}  // namespace espalier::train
