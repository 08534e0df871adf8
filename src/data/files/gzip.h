// Reads gzip in memory piece by piece: the reader of the format inside decides how much memory to take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace espalier::data {

class GzipReader {
  public:
    /// Whether these bytes start as a gzip file does.
    static bool recognizes(std::span<const std::byte> bytes);

    explicit GzipReader(std::span<const std::byte> compressed);
    ~GzipReader();
    GzipReader(const GzipReader&) = delete;
    GzipReader& operator=(const GzipReader&) = delete;

    /// Fills `out` and returns how much there was; less than asked for only at the end. Checksums are
    /// checked. Throws BadData when the stream is damaged or cut off.
    std::size_t read(std::span<std::byte> out);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace espalier::data
