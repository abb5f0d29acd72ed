// SPDX-License-Identifier: Apache-2.0
// Settings: order of origins, refused keys and values, and the table itself.
#include "record/settings.hpp"

#include <set>

#include "tests/unit/record/support.hpp"

namespace runlake::record {
namespace {

using core::Errc;
using testing::EnvVar;
using testing::spit;
using testing::TempDir;

struct SettingsTest : ::testing::Test {
    SettingsTest() {
        for (const auto& setting : settings_table()) { cleared.push_back(std::make_unique<EnvVar>(std::string(setting.environment), std::nullopt)); }
        store.root = temp.path();
        store.dir = temp / ".runlake";
    }
    void project(const std::string& text) const { spit(store.config_file(), text); }
    void user(const std::string& text) const { spit(temp / "config/runlake/config.yaml", text); }
    std::string refusal() const {
        const auto settings = Settings::load(store);
        EXPECT_FALSE(settings.ok());
        if (settings.ok()) { return ""; }
        EXPECT_EQ(settings.error().code(), Errc::usage);
        return settings.error().message();
    }

    TempDir temp;
    Store store;
    EnvVar config_home{"XDG_CONFIG_HOME", temp / "config"};
    std::vector<std::unique_ptr<EnvVar>> cleared;
};

TEST_F(SettingsTest, TheTableIsSound) {
    std::set<std::string_view> keys;
    std::set<std::string_view> variables;
    for (const auto& setting : settings_table()) {
        EXPECT_TRUE(keys.insert(setting.key).second) << setting.key;
        EXPECT_TRUE(variables.insert(setting.environment).second) << setting.environment;
        EXPECT_TRUE(setting.environment.starts_with("RUNLAKE_")) << setting.key;
        EXPECT_TRUE(setting.help.ends_with('.')) << setting.key;
        EXPECT_EQ(setting.kind == SettingKind::choice, !setting.choices.empty()) << setting.key;
        Settings settings = Settings::load(std::nullopt).take();
        if (!setting.fallback.empty()) { EXPECT_TRUE(settings.set_flag(setting.key, setting.fallback).ok()) << setting.key; }
    }
}

TEST_F(SettingsTest, ThePageNamesEachWithItsVariableAndDefault) {
    const std::string page = testing::slurp(SETTINGS_PAGE);
    for (const auto& setting : settings_table()) {
        const std::string begin = "| `" + std::string(setting.key) + "` | `" + std::string(setting.environment) + "` | ";
        const auto at = page.find(begin);
        ASSERT_NE(at, std::string::npos) << begin;
        const std::string line = page.substr(at, page.find('\n', at) - at);
        EXPECT_NE(line.find(setting.fallback), std::string::npos) << line;
        EXPECT_TRUE(line.ends_with("| " + std::string(setting.help) + " |")) << line;
        for (std::size_t from = 0; from < setting.choices.size();) {
            const auto end = std::min(setting.choices.find('|', from), setting.choices.size());
            EXPECT_NE(line.find("`" + std::string(setting.choices.substr(from, end - from)) + "`"), std::string::npos) << line;
            from = end + 1;
        }
    }
}

TEST_F(SettingsTest, EachOriginWinsOverTheNext) {
    EXPECT_EQ(Settings::load(store).value_or({}).at("journal.durability").text, "process");
    user("journal: {durability: power}\ntenant: u\n");
    auto settings = Settings::load(store).take();
    EXPECT_EQ(settings.at("journal.durability").text, "power");
    EXPECT_EQ(settings.at("journal.durability").origin, Origin::user);
    project("tenant: p\n");
    settings = Settings::load(store).take();
    EXPECT_EQ(settings.at("tenant").text, "p");
    EXPECT_EQ(settings.at("tenant").origin, Origin::project);
    EXPECT_TRUE(settings.at("tenant").where.ends_with("/.runlake/config.yaml:1")) << settings.at("tenant").where;
    EXPECT_EQ(settings.at("journal.durability").text, "power");
    const EnvVar variable("RUNLAKE_TENANT", "e");
    settings = Settings::load(store).take();
    EXPECT_EQ(settings.at("tenant").text, "e");
    EXPECT_EQ(settings.at("tenant").where, "RUNLAKE_TENANT");
    EXPECT_TRUE(settings.set_flag("tenant", "f").ok());
    EXPECT_EQ(settings.text("tenant"), "f");
    EXPECT_EQ(settings.at("tenant").origin, Origin::flag);
}

TEST_F(SettingsTest, TypedValues) {
    project("capture:\n  limit: 2KiB\ncode.dirty_limit: 3m\nobserve:\n  otlp_headers: [a=b, c=d]\n");
    const auto settings = Settings::load(store).take();
    EXPECT_EQ(settings.integer("capture.limit"), 2048);
    EXPECT_EQ(settings.integer("code.dirty_limit"), 180);
    EXPECT_EQ(settings.text("observe.otlp_headers"), "a=b,c=d");
    EXPECT_EQ(settings.text_if("tenant"), std::nullopt);
}

TEST_F(SettingsTest, AnEmptyFileAndEmptyValuesSayNothing) {
    project("# nothing yet\n");
    EXPECT_TRUE(Settings::load(store).ok());
    project("journal:\ntenant:\n");
    const EnvVar variable("RUNLAKE_MODE", "");
    const auto settings = Settings::load(store);
    ASSERT_TRUE(settings.ok()) << settings.error().message();
    EXPECT_EQ(settings.value().at("mode").origin, Origin::fallback);
}

TEST_F(SettingsTest, WhatIsWrongIsNamedWithItsPlace) {
    project("tenant: x\njournal:\n  durabilty: power\n");
    EXPECT_NE(refusal().find("config.yaml:3"), std::string::npos) << refusal();
    EXPECT_NE(refusal().find("did you mean 'journal.durability'"), std::string::npos) << refusal();
    project("journal:\n  durability: powr\n");
    EXPECT_NE(refusal().find("did you mean 'power'"), std::string::npos) << refusal();
    EXPECT_NE(refusal().find("process, power"), std::string::npos) << refusal();
    project("nonsense: 1\n");
    EXPECT_NE(refusal().find("unknown setting 'nonsense'"), std::string::npos) << refusal();
    project("capture: {limit: much}\n");
    EXPECT_NE(refusal().find("a size"), std::string::npos) << refusal();
    project("code: {dirty_limit: soon}\n");
    EXPECT_NE(refusal().find("a duration"), std::string::npos) << refusal();
    project("tenant: {a: b}\n");
    EXPECT_NE(refusal().find("takes one value"), std::string::npos) << refusal();
    project("journal: power\n");
    EXPECT_NE(refusal().find("unknown setting 'journal'"), std::string::npos) << refusal();
    project("- a\n");
    EXPECT_NE(refusal().find("mapping"), std::string::npos) << refusal();
    project("a: [\n");
    EXPECT_NE(refusal().find("config.yaml"), std::string::npos) << refusal();
    project("");
    const EnvVar variable("RUNLAKE_MODE", "maybe");
    EXPECT_NE(refusal().find("RUNLAKE_MODE"), std::string::npos) << refusal();
}

TEST_F(SettingsTest, RecordingGoesOnWithWhatIsRight) {
    project("tenant: acme\nwrong: 1\nmode: odd\n");
    std::optional<core::Error> problem;
    const auto settings = Settings::load_tolerant(store, problem);
    ASSERT_TRUE(problem);
    EXPECT_NE(problem->message().find("'wrong'"), std::string::npos);
    EXPECT_EQ(settings.text("tenant"), "acme");
    EXPECT_EQ(settings.text("mode"), "on");
}

TEST_F(SettingsTest, FlagsAreCheckedToo) {
    auto settings = Settings::load(std::nullopt).take();
    EXPECT_EQ(settings.set_flag("tenat", "x").error().code(), Errc::usage);
    EXPECT_EQ(settings.set_flag("mode", "x").error().code(), Errc::usage);
    EXPECT_EQ(settings.text("mode"), "on");
}

}  // namespace
}  // namespace runlake::record
