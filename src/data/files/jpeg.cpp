// JPEG through libjpeg-turbo's own interface.
#include <fmt/format.h>
#include <turbojpeg.h>

#include <memory>
#include <new>
#include <type_traits>

#include "data/files/image.h"
#include "espalier/error.h"

namespace espalier::data {
namespace {

struct FreeReader {
    void operator()(tjhandle reader) const { tjDestroy(reader); }
};
using Reader = std::unique_ptr<std::remove_pointer_t<tjhandle>, FreeReader>;

/// A warning is damage that the library would paint over with grey.
void check(const Reader& reader, int status) {
    if (status != 0) throw BadData(fmt::format("damaged JPEG: {}", tjGetErrorStr2(reader.get())));
}

}  // namespace

Image decode_jpeg(std::span<const std::byte> file) {
    const Reader reader(tjInitDecompress());
    if (reader == nullptr) throw std::bad_alloc();
    const auto* bytes = reinterpret_cast<const unsigned char*>(file.data());
    int width = 0;
    int height = 0;
    int subsampling = 0;
    int colors = 0;
    check(reader,
          tjDecompressHeader3(reader.get(), bytes, file.size(), &width, &height, &subsampling, &colors));
    check_size(static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height));
    if (colors == TJCS_CMYK || colors == TJCS_YCCK)
        throw Unsupported("a JPEG of 4 colours, expected grey or RGB");
    const bool is_grey = colors == TJCS_GRAY;
    Image image{.channels = is_grey ? 1 : 3, .height = height, .width = width, .pixels = {}};
    image.pixels.resize(static_cast<std::size_t>(image.channels * image.height * image.width));
    check(reader, tjDecompress2(reader.get(), bytes, file.size(), image.pixels.data(), width, 0, height,
                                is_grey ? TJPF_GRAY : TJPF_RGB, TJFLAG_ACCURATEDCT));
    return image;
}

}  // namespace espalier::data
