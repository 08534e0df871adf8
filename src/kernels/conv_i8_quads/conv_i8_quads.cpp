#include "kernels/conv_i8_quads/conv_i8_quads.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "espalier/error.h"
#include "kernels/conv_i8_quads/quad_task.h"
#include "kernels/cpu_features.h"
#include "kernels/parallel.h"

namespace espalier::kernels {
namespace {

constexpr std::size_t kLine = 64;             // bytes
constexpr std::int64_t kChannelsAtOnce = 64;  // that are laid out together

std::size_t to_lines(std::size_t bytes) { return (bytes + kLine - 1) / kLine * kLine; }

}  // namespace

std::vector<ByteUnit> byte_units() {
    std::vector<ByteUnit> units;
    if (has_amx_int8()) units.push_back(ByteUnit::amx);
    if (has_avx512_vnni()) units.push_back(ByteUnit::avx512_vnni);
    return units;
}

const char* name_of(ByteUnit unit) { return unit == ByteUnit::amx ? "amx" : "avx512_vnni"; }

std::vector<int> rows_of(ByteUnit unit) {
    return unit == ByteUnit::amx ? std::vector{32, 16} : std::vector{8, 4};
}

bool ConvI8Quads::reaches(const ConvShape& shape) {
    return quads_of(shape.channels) * ConvPlanes(shape).channel() * 4 <=
           std::numeric_limits<std::int32_t>::max();
}

ConvI8Quads::ConvI8Quads(const ConvShape& shape, std::vector<std::shared_ptr<const ByteQuads>> groups,
                         int threads)
    : shape_(shape), planes_(shape), groups_(std::move(groups)), threads_(std::max(threads, 1)) {
    const auto fits = [&](const auto& w) {
        return w->rows() == shape.outputs && w->unit() == groups_.front()->unit();
    };
    if (std::ssize(groups_) != shape.groups || !std::ranges::all_of(groups_, fits)) {
        throw InvalidArgument(
            fmt::format("convolution of bytes: got weights of {} groups, expected {} of {} outputs each",
                        groups_.size(), shape.groups, shape.outputs));
    }
    if (!reaches(shape)) throw InvalidArgument("convolution of bytes: its input is out of reach of 32 bits");
    const std::int64_t of_pixel = quads_of(shape.channels);
    for (const auto& w : groups_) {
        std::vector<std::int32_t>& offsets = offsets_.emplace_back();
        for (const std::int32_t quad : w->quads()) {
            const std::int64_t plane = quad % of_pixel * shape.taps() + quad / of_pixel;
            offsets.push_back(static_cast<std::int32_t>(planes_.offset(plane) * 4));
        }
    }
}

std::size_t ConvI8Quads::thread_bytes() const { return kQuadSumsBytes + kQuadGatheredBytes; }

/// Of all groups.
std::size_t ConvI8Quads::planes_bytes() const {
    return to_lines(
        static_cast<std::size_t>(shape_.groups * quads_of(shape_.channels) * planes_.channel() * 4));
}

std::size_t ConvI8Quads::scratch_bytes() const {
    return planes_bytes() + static_cast<std::size_t>(threads_) * thread_bytes();
}

void ConvI8Quads::run(const std::uint8_t* x, const ByteQuantum& quantum, void* y, const ByteFinish& finish,
                      std::byte* scratch) const noexcept {
    const std::int64_t channels = shape_.channels, pitch = shape_.groups * channels;
    const std::int64_t outputs = shape_.groups * shape_.outputs;
    const std::int64_t blocks = (channels + kChannelsAtOnce - 1) / kChannelsAtOnce;
    const std::int64_t plane = planes_.channel() * 4;
    const std::uint8_t flip = quantum.flip();
    const std::int32_t zero = quantum.origin();
    auto* const planes = reinterpret_cast<std::uint8_t*>(scratch);
    for (std::int64_t image = 0; image < shape_.images; ++image) {
        const std::uint8_t* const pixels = x + image * shape_.pixels() * pitch;
        for_each_item(shape_.groups * blocks, threads_, [&](std::int64_t item, int) {
            const std::int64_t group = item / blocks, first = item % blocks * kChannelsAtOnce;
            std::uint8_t* const own = planes + group * quads_of(channels) * plane;
            const std::int64_t quads = quads_of(std::min(kChannelsAtOnce, channels - first));
            std::memset(own + first / 4 * plane, zero, static_cast<std::size_t>(quads * plane));
            fill_quads(planes_, pixels + group * channels, pitch, first, channels, flip, own);
        });
        const std::int64_t at = image * shape_.positions() * outputs;
        void* const to = finish.bytes ? static_cast<void*>(static_cast<std::uint8_t*>(y) + at)
                                      : static_cast<float*>(y) + at;
        run_image(planes, zero, to, finish, scratch + planes_bytes());
    }
}

void ConvI8Quads::run_image(const std::uint8_t* planes, std::int32_t zero, void* y, const ByteFinish& finish,
                            std::byte* scratch) const noexcept {
    const std::int64_t span = span_of(*groups_.front());
    const std::int64_t spans = (planes_.positions() + span - 1) / span;
    const std::int64_t parts = std::min<std::int64_t>(spans, threads_ == 1 ? 1 : 4 * threads_);
    for_each_item(shape_.groups * parts, threads_, [&](std::int64_t item, int thread) {
        const std::int64_t group = item / parts, part = item % parts;
        const std::int64_t first = group * shape_.outputs;
        QuadTask task;
        task.weights = groups_[static_cast<std::size_t>(group)].get();
        task.offsets = offsets_[static_cast<std::size_t>(group)].data();
        task.x = planes + (group * quads_of(shape_.channels) * planes_.channel() + planes_.start()) * 4;
        task.zero = zero;
        task.planes = &planes_;
        task.first = part * spans / parts;
        task.last = (part + 1) * spans / parts;
        task.pitch = shape_.groups * shape_.outputs;
        task.y = finish.bytes ? static_cast<void*>(static_cast<std::uint8_t*>(y) + first)
                              : static_cast<float*>(y) + first;
        task.finish = finish;
        task.finish.scale += first;
        task.finish.shift += first;
        std::byte* const own = scratch + static_cast<std::size_t>(thread) * thread_bytes();
        task.sums = reinterpret_cast<std::int32_t*>(own);
        task.gathered = own + kQuadSumsBytes;
        task.weights->in_tiles() ? run_quads_amx(task) : run_quads_vnni(task);
    });
}

}  // namespace espalier::kernels
