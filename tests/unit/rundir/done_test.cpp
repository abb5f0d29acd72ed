// SPDX-License-Identifier: Apache-2.0
// DONE.json: whole, or refused.
#include <gmock/gmock.h>

#include "tests/unit/rundir/support.hpp"

namespace runlake::rundir {
namespace {

using ::testing::HasSubstr;

DoneRecord full() {
    DoneRecord done = testing::record_of({"fit", "fold=2020"}, "k", {"models/2020/", "fit.log"});
    done.manifest = core::sha256("manifest");
    done.files = 3;
    done.bytes = 4096;
    done.published_by = os::new_run_id();
    done.cached_from = "20250505_143022_corn_usa";
    done.inputs_changed = true;
    done.inputs = {{"workspace:data/a b.csv", "file/1:00", 12}, {"{INPUT_DATA_DIR}/y", "dir/1:11", 0}};
    done.workspace = {{"workspace:site/", "dir/1:22", 9}};
    done.blessed_from = core::sha256("old").hex();
    done.blessed_because = "a comment";
    return done;
}

TEST(DoneRecord, SurvivesJson) {
    const DoneRecord done = full();
    const auto read = parse_done(to_json(done), "DONE.json");
    ASSERT_TRUE(read.ok()) << read.error().message();
    const DoneRecord& back = read.value();
    EXPECT_EQ(back.which, done.which);
    EXPECT_EQ(back.key.key, done.key.key);
    EXPECT_EQ(back.key.recipe, "stage/1");
    EXPECT_EQ(back.key.components, done.key.components);
    EXPECT_EQ(back.manifest, done.manifest);
    EXPECT_EQ(back.files, 3U);
    EXPECT_EQ(back.bytes, 4096U);
    EXPECT_EQ(back.run_id, done.run_id);
    EXPECT_EQ(back.published_by, done.published_by);
    EXPECT_EQ(back.cached_from, done.cached_from);
    EXPECT_EQ(back.started_at, done.started_at);
    EXPECT_EQ(back.finished_at, done.finished_at);
    EXPECT_EQ(back.isolation, "checked");
    EXPECT_TRUE(back.inputs_changed);
    EXPECT_EQ(back.inputs, done.inputs);
    EXPECT_EQ(back.workspace, done.workspace);
    EXPECT_EQ(back.writes, done.writes);
    EXPECT_EQ(back.blessed_from, done.blessed_from);
    EXPECT_EQ(back.blessed_because, done.blessed_because);
    EXPECT_EQ(to_json(back), to_json(done));
}

TEST(DoneRecord, EveryMemberThatCountsIsDemanded) {
    const core::Json whole = core::parse_json(to_json(full()), "test").value_or({});
    int refused = 0;
    for (const auto& [name, value] : *whole.as_object()) {
        for (const bool wrong : {false, true}) {
            core::Json other = core::Json::object();
            for (const auto& [member, content] : *whole.as_object()) {
                if (member != name) {
                    other.set(member, content);
                } else if (wrong) {
                    other.set(member, -1);
                }
            }
            const auto read = parse_done(core::to_json(other), "DONE.json");
            if (read.ok()) { continue; }
            ++refused;
            EXPECT_EQ(read.error().code(), core::Errc::corrupt) << name;
            EXPECT_THAT(read.error().message(), HasSubstr("DONE.json"));
        }
    }
    // version, stage, instance, key, manifest, files, bytes, run_id, published_by, started_at, finished_at, inputs, workspace, writes.
    EXPECT_EQ(refused, 2 * 14);
}

TEST(DoneRecord, KeyThatIsNotThatOfItsComponents) {
    std::string text = to_json(full());
    const std::size_t at = text.find("\"value\": \"k\"");
    ASSERT_NE(at, std::string::npos) << text;
    text.replace(at, 12, "\"value\": \"j\"");
    const auto read = parse_done(text, "DONE.json");
    ASSERT_FALSE(read.ok());
    EXPECT_THAT(read.error().message(), HasSubstr("not that of the components"));
}

TEST(DoneRecord, OlderRecipesCanBeReadAndNewerFormatsSayso) {
    DoneRecord done = full();
    done.key.recipe = "stage/0";
    EXPECT_TRUE(parse_done(to_json(done), "DONE.json").ok());
    std::string text = to_json(done);
    const std::size_t at = text.find("\"version\": 1");
    ASSERT_NE(at, std::string::npos);
    text.replace(at, 12, "\"version\": 2");
    EXPECT_EQ(parse_done(text, "DONE.json").error().code(), core::Errc::unsupported);
}

}  // namespace
}  // namespace runlake::rundir
