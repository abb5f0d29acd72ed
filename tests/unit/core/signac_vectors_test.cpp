// SPDX-License-Identifier: Apache-2.0
// Job ids as signac makes them: the MD5 of the canonical JSON of a state point.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include "core/digest.hpp"
#include "core/json.hpp"

namespace runlake::core {
namespace {

Json read(std::string_view text) {
    auto value = parse_json(text, "a state point");
    EXPECT_TRUE(value.ok()) << text;
    return value.ok() ? std::move(value).take() : Json();
}

std::string canonical(const Json& value) {
    auto text = canonical_json(value);
    EXPECT_TRUE(text.ok());
    return text.ok() ? std::move(text).take() : "";
}

std::string id_of(const Json& value) { return md5_hex(canonical(value)); }

TEST(SignacId, VectorsOfItsOwnTests) {
    const std::pair<std::string_view, std::string_view> simple[] = {
        {R"({"a": 0})", "9bfd29df07674bc4aa960cf661b5acd2"},
        {R"({"a": 1})", "42b7b4f2921788ea14dac5566e6f06d0"},
        {R"({"b": 1.0})", "0ba6c5a46111313f11c41a6642520451"},
        {R"({"c": "1.0"})", "80fa45716dd3b83fa970877489beb42e"},
        {R"({"d": true})", "33cf9999de25a715a56339c6c1b28b41"},
        {R"({"e": [1.0, "1.0", 1, true]})", "4d8058a305b940005be419b30e99bb53"},
        {R"({"f": [1.0, "1.0", 1, true]})", "e998db9b595e170bdff936f88ccdbf75"},
        {"{}", "99914b932bd37a50b983c5e7c90ae93b"},
    };
    Json merged = Json::object();
    for (const auto& [text, id] : simple) {
        EXPECT_EQ(id_of(read(text)), id) << text;
        if (text == R"({"a": 0})") { continue; }
        const Json value = read(text);
        for (const auto& [name, member] : *value.as_object()) { merged.set(name, member); }
    }
    EXPECT_EQ(id_of(merged), "7a80b58db53bbc544fc27fcaaba2ce44");
    EXPECT_EQ(id_of(Json(merged).set("g", merged)), "bd6f5828f4410b665bffcec46abeb8f3");
    EXPECT_EQ(id_of(Json(merged).set("h", Json(JsonArray{merged}))), "e5a2c3bf962d0b886728c93825b1cc97");
}

TEST(SignacId, OneAndOnePointZeroAreDifferentJobs) { EXPECT_NE(id_of(read(R"({"a": 1})")), id_of(read(R"({"a": 1.0})"))); }

TEST(SignacId, CollectedVectors) {
    const char* root = std::getenv("RUNLAKE_SHARED_DATA");
    const std::filesystem::path folder = root != nullptr ? root : std::string(RUNLAKE_SOURCE_DIR) + "/../shared/data";
    const std::filesystem::path path = folder / "signac" / "signac-id-vectors.json";
    std::ifstream in(path);
    if (!in) { GTEST_SKIP() << "no vectors at " << path << " (set RUNLAKE_SHARED_DATA to the folder that holds signac/)"; }
    std::ostringstream text;
    text << in.rdbuf();
    const Json vectors = read(text.str());
    ASSERT_TRUE(vectors.is_array());
    ASSERT_GE(vectors.as_array()->size(), 10U);
    for (const Json& vector : *vectors.as_array()) {
        const auto expected = vector.string_at("canonical");
        const auto id = vector.string_at("id");
        ASSERT_TRUE(expected && id);
        EXPECT_EQ(canonical(read(*expected)), *expected);
        EXPECT_EQ(id_of(read(*expected)), *id) << *expected;
    }
}

}  // namespace
}  // namespace runlake::core
