// SPDX-License-Identifier: Apache-2.0
// The JSON value: kinds, look-ups and changes.
#include "core/json.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "core/json_lists.hpp"

namespace runlake::core {
namespace {

TEST(Json, KindsAreTold) {
    EXPECT_TRUE(Json().is_null());
    EXPECT_TRUE(Json(nullptr).is_null());
    EXPECT_TRUE(Json(true).is_bool());
    EXPECT_TRUE(Json(1).is_integer());
    EXPECT_TRUE(Json(1U).is_integer());
    EXPECT_TRUE(Json(1.0).is_float());
    EXPECT_TRUE(Json("x").is_string());
    EXPECT_TRUE(Json(std::string_view("x")).is_string());
    EXPECT_TRUE(Json::array().is_array());
    EXPECT_TRUE(Json::object().is_object());
    EXPECT_FALSE(Json("x").is_number());
    EXPECT_NE(Json(1), Json(1.0));
    EXPECT_NE(Json(0), Json(false));
    EXPECT_NE(Json(), Json(false));
}

TEST(Json, LargeUnsignedValuesKeepTheirDigits) {
    constexpr std::uint64_t k_top = std::numeric_limits<std::int64_t>::max();
    EXPECT_TRUE(Json(k_top).is_integer());
    const Json above(k_top + 1);
    ASSERT_TRUE(above.is_big_integer());
    EXPECT_EQ(above.as_big_integer()->digits, "9223372036854775808");
    EXPECT_TRUE(above.is_number());
    EXPECT_DOUBLE_EQ(*above.number(), 9223372036854775808.0);
}

TEST(Json, OptionalsAreNullOrTheirValue) {
    EXPECT_TRUE(Json(std::optional<int>()).is_null());
    EXPECT_EQ(Json(std::optional<int>(3)), Json(3));
    EXPECT_EQ(Json(std::optional<std::string>("a")), Json("a"));
}

TEST(Json, TypedLookUps) {
    Json value;
    value.set("s", "text").set("i", 3).set("f", 1.5).set("b", true).set("n", Json());
    EXPECT_EQ(value.string_at("s"), "text");
    EXPECT_EQ(value.integer_at("i"), 3);
    EXPECT_EQ(value.number_at("i"), 3.0);
    EXPECT_EQ(value.number_at("f"), 1.5);
    EXPECT_EQ(value.bool_at("b"), true);
    EXPECT_EQ(value.string_at("i"), std::nullopt);
    EXPECT_EQ(value.integer_at("f"), std::nullopt);
    EXPECT_EQ(value.integer_at("missing"), std::nullopt);
    EXPECT_EQ(value.number_at("s"), std::nullopt);
    EXPECT_EQ(value.bool_at("n"), std::nullopt);
    EXPECT_NE(value.find("n"), nullptr);
    EXPECT_EQ(value.find("missing"), nullptr);
    EXPECT_EQ(Json(1).find("x"), nullptr);
}

TEST(Json, ListsAreFoundByTheirKey) {
    const Json value = Json::object().set("list", Json::array().push(1)).set("none", Json::array()).set("text", "x").set("null", nullptr);
    EXPECT_EQ(find_list(value, "list"), value.find("list")->as_array());
    EXPECT_EQ(find_list(value, "none"), value.find("none")->as_array());
    EXPECT_EQ(list_at(value, "list").size(), 1U);
    for (const auto* key : {"text", "null", "missing"}) {
        EXPECT_EQ(find_list(value, key), nullptr) << key;
        EXPECT_TRUE(list_at(value, key).empty()) << key;
    }
    EXPECT_EQ(find_list(Json(1), "list"), nullptr);
}

TEST(Json, SetKeepsOrderAndReplaces) {
    Json value;
    value.set("b", 1).set("a", 2).set("b", 3);
    EXPECT_EQ(to_json(value), R"({"b":3,"a":2})");
    value.set_if("c", std::optional<int>()).set_if("d", std::optional<int>(4));
    EXPECT_EQ(to_json(value), R"({"b":3,"a":2,"d":4})");
}

TEST(Json, PushTurnsNullIntoAnArray) {
    Json value;
    value.push(1).push("x").push(Json());
    EXPECT_EQ(to_json(value), R"([1,"x",null])");
}

}  // namespace
}  // namespace runlake::core
