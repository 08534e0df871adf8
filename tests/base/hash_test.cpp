#include "base/hash.h"

#include <gtest/gtest.h>

#include <set>

namespace espalier {
namespace {

/// Names of stages on disk depend on these: they must never change.
TEST(Hash, KnownAnswers) {
    EXPECT_EQ(hash_hex(""),
              "99aa06d3014798d86001c324468d497f");  // XXH3 128 of nothing, from xxHash's documentation
    EXPECT_EQ(hash_u64(""), 0x2d06800538d394c2U);
}

TEST(Hash, DependsOnEveryByteAndTheSeed) {
    std::set<std::string> seen;
    std::string text(300, 'a');
    seen.insert(hash_hex(text));
    for (char& c : text) {
        c = 'b';
        seen.insert(hash_hex(text));
        c = 'a';
    }
    EXPECT_EQ(seen.size(), 301U);
    EXPECT_EQ(seen.begin()->size(), 32U);
    EXPECT_NE(hash_u64("a", 0), hash_u64("a", 1));
    EXPECT_EQ(hash_hex("abc"), hash_hex(std::as_bytes(std::span("abc", 3))));
}

}  // namespace
}  // namespace espalier
