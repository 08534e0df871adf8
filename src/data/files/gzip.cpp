#include "data/files/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

#include "espalier/error.h"

namespace espalier::data {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;  // zlib's way to ask for a gzip header and trailer

/// zlib counts in 32 bits.
uInt piece(std::size_t size) {
    return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

}  // namespace

struct GzipReader::State {
    z_stream stream{};
    std::span<const std::byte> left;
    bool ended = false;
};

bool GzipReader::recognizes(std::span<const std::byte> bytes) {
    return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

GzipReader::GzipReader(std::span<const std::byte> compressed) : state_(std::make_unique<State>()) {
    state_->left = compressed;
    if (inflateInit2(&state_->stream, kGzipOnly) != Z_OK) throw std::bad_alloc();
}

GzipReader::~GzipReader() { inflateEnd(&state_->stream); }

std::size_t GzipReader::read(std::span<std::byte> out) {
    z_stream& stream = state_->stream;
    const std::size_t wanted = out.size();
    while (!out.empty() && !state_->ended) {
        const uInt given = piece(state_->left.size());
        const uInt room = piece(out.size());
        // zlib promises not to write through next_in; its type lacks the const.
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(state_->left.data()));
        stream.avail_in = given;
        stream.next_out = reinterpret_cast<Bytef*>(out.data());
        stream.avail_out = room;
        const int status = inflate(&stream, Z_NO_FLUSH);
        state_->left = state_->left.subspan(given - stream.avail_in);
        out = out.subspan(room - stream.avail_out);
        if (status == Z_STREAM_END) {
            // A gzip file may be several streams in a row.
            state_->ended = state_->left.empty();
            if (!state_->ended) inflateReset(&stream);
        } else if (status == Z_BUF_ERROR) {
            throw BadData("the gzip stream is cut off");
        } else if (status != Z_OK) {
            throw BadData(fmt::format("damaged gzip stream: {}",
                                      stream.msg != nullptr ? stream.msg : "no reason given"));
        }
    }
    return wanted - out.size();
}

}  // namespace espalier::data
