#include "data/files/idx.h"

#include <gtest/gtest.h>

#include "base/expect_error.h"
#include "base/temporary_folder.h"
#include "data/idx_file.h"

namespace espalier::data {
namespace {

using espalier::testing::gzipped;
using espalier::testing::idx_header;
using espalier::testing::put;
using espalier::testing::TemporaryFolder;

class Idx : public ::testing::Test {
  protected:
    Tensor read(const std::string& bytes, std::size_t rank) {
        put(folder_ / "file", bytes);
        return read_idx(folder_ / "file", rank);
    }
    TemporaryFolder folder_;
};

const std::string kMatrix = idx_header(8, {2, 3}) + "abcdef";

TEST_F(Idx, ReadsPlainAndGzip) {
    for (const std::string& file :
         {kMatrix, gzipped(kMatrix), gzipped(kMatrix.substr(0, 9)) + gzipped(kMatrix.substr(9))}) {
        const Tensor tensor = read(file, 2);
        EXPECT_EQ(tensor.dtype(), DType::u8);
        EXPECT_EQ(tensor.shape(), (Shape{2, 3}));
        EXPECT_EQ(tensor.as<std::uint8_t>()[5], 'f');
    }
    EXPECT_EQ(read(idx_header(8, {0}), 1).count(), 0);
}

TEST_F(Idx, CutOffAnywhere) {
    for (const std::string& file : {kMatrix, gzipped(kMatrix)}) {
        for (std::size_t size = 0; size < file.size(); ++size) {
            SCOPED_TRACE(size);
            put(folder_ / "file", file.substr(0, size));
            EXPECT_THROW(read_idx(folder_ / "file", 2), BadData);
        }
    }
}

TEST_F(Idx, TrailingBytes) {
    EXPECT_ERROR(BadData, "bytes follow the 6 that the header says", read(kMatrix + "x", 2));
    EXPECT_ERROR(BadData, "bytes follow the 6 that the header says", read(gzipped(kMatrix + "x"), 2));
    EXPECT_ERROR(BadData, "gzip", read(gzipped(kMatrix) + "junk", 2));
}

TEST_F(Idx, WrongMagicTypeAndRank) {
    EXPECT_ERROR(BadData, "not an IDX file: it starts 50 4b 03 04, expected 00 00 08 02",
                 read("PK\x03\x04....", 2));
    EXPECT_ERROR(Unsupported, "IDX type 0x0d, only unsigned bytes", read(idx_header(0x0d, {1}) + "....", 1));
    EXPECT_ERROR(BadData, "2 dimensions, expected 3", read(kMatrix, 3));
}

TEST_F(Idx, HugeSizesAreRefusedBeforeMemoryIsTaken) {
    const std::vector<std::uint32_t> large = {0xffffffff, 0xffff};
    EXPECT_ERROR(BadData, "a file of 16 bytes holds at most 4", read(idx_header(8, large) + "1234", 2));
    EXPECT_ERROR(BadData, "holds at most", read(gzipped(idx_header(8, large) + "1234"), 2));
    EXPECT_ERROR(BadData, "more elements than memory",
                 read(idx_header(8, {0xffffffff, 0xffffffff, 0xffffffff}), 3));
}

TEST_F(Idx, AHighlyCompressedFileIsReadOnlyAsFarAsItsHeaderSays) {
    EXPECT_ERROR(BadData, "bytes follow", read(gzipped(kMatrix + std::string(50'000'000, '\0')), 2));
}

TEST_F(Idx, DamagedGzipIsSeenByItsChecksum) {
    std::string file = gzipped(kMatrix);
    file[file.size() - 6] ^= 1;  // the CRC is the 8th to 5th last byte
    EXPECT_ERROR(BadData, "damaged gzip stream", read(file, 2));
}

TEST_F(Idx, MissingFile) { EXPECT_ERROR(IoError, "cannot open", read_idx(folder_ / "none", 1)); }

}  // namespace
}  // namespace espalier::data
