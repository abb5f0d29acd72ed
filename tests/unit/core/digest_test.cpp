// SPDX-License-Identifier: Apache-2.0
// Published vectors of SHA-256, MD5 and CRC-32, and the field encoding byte for byte.
#include "core/digest.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

namespace runlake::core {
namespace {

TEST(Sha256, PublishedVectors) {  // FIPS 180-4 examples
    EXPECT_EQ(sha256("").hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256("abc").hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq").hex(),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(sha256("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu").hex(),
              "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
    EXPECT_EQ(sha256(std::string(1'000'000, 'a')).hex(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesMakeTheSameAsTheWhole) {
    std::string text;
    for (int i = 0; i < 1000; ++i) { text += static_cast<char>(i * 7); }
    for (std::size_t cut = 0; cut <= text.size(); cut += 13) {
        Sha256 hash;
        hash.update(std::string_view(text).substr(0, cut)).update("").update(std::string_view(text).substr(cut));
        EXPECT_EQ(hash.finish(), sha256(text));
    }
}

TEST(Sha256, ACopyGoesItsOwnWay) {
    Sha256 first;
    first.update("ab");
    Sha256 second = first;
    first.update("c");
    second.update("d");
    EXPECT_EQ(first.finish(), sha256("abc"));
    EXPECT_EQ(second.finish(), sha256("abd"));
}

TEST(Digest, ParseTakesItsOwnFormAlone) {
    const std::string hex = sha256("abc").hex();
    auto parsed = Digest::parse(hex);
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(parsed.value(), sha256("abc"));
    std::string upper = hex;
    upper[0] = 'B';
    std::string other = hex;
    other[63] = 'g';
    for (const std::string& bad : {std::string(), hex.substr(1), hex + "0", upper, other, std::string(64, ' ')}) {
        auto result = Digest::parse(bad);
        ASSERT_FALSE(result.ok()) << bad;
        EXPECT_EQ(result.error().code(), Errc::usage);
    }
}

TEST(Digest, OrdersAsItsHexDoes) {
    const Digest a = sha256("a");
    const Digest b = sha256("b");
    EXPECT_EQ(a < b, a.hex() < b.hex());
    EXPECT_NE(a, b);
}

TEST(Md5, PublishedVectors) {  // RFC 1321, appendix A.5
    const std::pair<std::string_view, std::string_view> vectors[] = {
        {"", "d41d8cd98f00b204e9800998ecf8427e"},
        {"a", "0cc175b9c0f1b6a831c399e269772661"},
        {"abc", "900150983cd24fb0d6963f7d28e17f72"},
        {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
        {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
        {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890", "57edf4a22be3c955ac49da2e2107b67a"},
    };
    for (const auto& [text, expected] : vectors) { EXPECT_EQ(md5_hex(text), expected); }
}

TEST(Crc32, PublishedVectors) {
    EXPECT_EQ(crc32("123456789"), 0xCBF43926U);  // the check value of CRC-32/ISO-HDLC
    EXPECT_EQ(crc32(""), 0U);
    EXPECT_EQ(crc32(std::string_view()), 0U);
    EXPECT_EQ(crc32("The quick brown fox jumps over the lazy dog"), 0x414FA339U);
    EXPECT_EQ(crc32(std::string(32, '\0')), 0x190A55ADU);
}

TEST(FieldHash, HashesTheDocumentedBytes) {
    using std::string_literals::operator""s;
    const std::string bytes = "R\x03\0\0\0\0\0\0\0r/1"s + "S\x01\0\0\0\0\0\0\0a\x02\0\0\0\0\0\0\0xy"s + "A\x01\0\0\0\0\0\0\0b"s;
    EXPECT_EQ(FieldHash("r/1").field("a", "xy").absent("b").finish(), sha256(bytes));
}

TEST(FieldHash, ExamplesOfTheFormatsPage) {  // docs/formats/field-hash.md; made with Python
    EXPECT_EQ(FieldHash("demo/1").finish().hex(), "b7a73e5387d0000d1bca9e03457c388aeb6e677fa479e60cee2bac7e80128fb1");
    EXPECT_EQ(FieldHash("demo/1").field("a", "").finish().hex(), "dc348fab302091d1f0a430e9d1e1942e7662d93398c787b8dfa9719647c9b97f");
    EXPECT_EQ(FieldHash("demo/1").absent("a").finish().hex(), "3de68e7b0e872b327eedd11d8a60735e4de82eece360be1217ecbd9aa7534f7e");
    EXPECT_EQ(FieldHash("demo/1").field("a", "xy").absent("b").finish().hex(), "5eaa3058f52ab0dd2d6ddfb0ec08bec518b7d60760d2de88619eedbaafa61041");
}

TEST(FieldHash, LongLengthsAreLittleEndian) {
    using std::string_literals::operator""s;
    const std::string value(0x1234, 'v');
    EXPECT_EQ(FieldHash("").field("", value).finish(), sha256("R\0\0\0\0\0\0\0\0S\0\0\0\0\0\0\0\0\x34\x12\0\0\0\0\0\0"s + value));
}

TEST(FieldHash, NothingIsMistakenForSomethingElse) {
    std::set<std::string> seen;
    const auto add = [&](FieldHash hash) { EXPECT_TRUE(seen.insert(hash.finish().hex()).second); };
    add(FieldHash("r/1"));
    add(FieldHash("r/2"));
    add(FieldHash("r/1").field("a", ""));
    add(FieldHash("r/1").absent("a"));
    add(FieldHash("r/1").field("", "a"));
    add(FieldHash("r/1").field("a", "b"));
    add(FieldHash("r/1").field("ab", ""));
    add(FieldHash("r/1").field("a", "").field("b", ""));
    add(FieldHash("r/1").field("b", "").field("a", ""));
    add(FieldHash("r/1").field("a", "Ab"));
}

TEST(FieldHash, AnOptionalIsAbsentOrItsText) {
    const std::optional<std::string> nothing;
    const std::optional<std::string> empty = "";
    EXPECT_EQ(FieldHash("r").field("a", nothing).finish(), FieldHash("r").absent("a").finish());
    EXPECT_EQ(FieldHash("r").field("a", empty).finish(), FieldHash("r").field("a", "").finish());
}

TEST(Hex, WritesLowerCase) {
    const std::uint8_t bytes[] = {0x00, 0x0F, 0xA0, 0xFF};
    EXPECT_EQ(to_hex(bytes), "000fa0ff");
    EXPECT_EQ(to_hex({}), "");
}

}  // namespace
}  // namespace runlake::core
