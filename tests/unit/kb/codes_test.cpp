// SPDX-License-Identifier: Apache-2.0
// The table of codes: whole, without repetitions, with the severities that others rely on.
#include "kb/codes.hpp"

#include <gmock/gmock.h>

#include <set>
#include <string>

#include "kb/sarif.hpp"

namespace runlake::kb {
namespace {

TEST(Codes, EachRowIsWholeAndUnique) {
    std::set<std::pair<std::string_view, std::string_view>> seen;
    for (const CodeInfo& info : codes()) {
        EXPECT_TRUE(seen.emplace(info.code, info.check).second) << info.code << ' ' << info.check;
        EXPECT_TRUE(info.cause.ends_with('.') && info.fix.ends_with('.')) << info.code << ' ' << info.check;
        EXPECT_TRUE(info.leave.empty() || info.leave.ends_with('.')) << info.code;
        EXPECT_EQ(&info_of(info.code, info.check), &info);
    }
}

TEST(Codes, SeveritiesOfTheOriginal) {
    for (const char* code : {"aexp.validator_unavailable", "run.status_invalid", "run.orphan", "run.broken_experiment_link", "run.hypothesis_mismatch", "run.sub_hypothesis_unlisted", "finding.broken_run_citation", "finding.empty_batch"}) {
        EXPECT_EQ(info_of(code).severity, Severity::error) << code;
    }
    for (const char* code : {"finding.absent_run_citation", "finding.absent_batch_runs", "finding.no_run_store"}) { EXPECT_EQ(info_of(code).severity, Severity::warning) << code; }
    for (const char* check : {"filesystem", "filename", "duplicate_id", "alias", "structure", "aliases", "metadata", "reference", "conditions_schema", "missing_template_header", "links", "backlink", "scope"}) {
        EXPECT_EQ(info_of("aexp.validation_failed", check).severity, Severity::error) << check;
    }
    for (const CodeInfo& info : codes()) { EXPECT_EQ(info.severity == Severity::note, info.code.starts_with("claim.")) << info.code; }
}

TEST(Sarif, PathsAreUris) {
    const core::Json log = sarif_log({{.code = "run.orphan", .message = "m", .path = "a b/\xC3\xA4%.md", .line = 3}}, "1");
    EXPECT_THAT(core::to_json(log), testing::HasSubstr("\"uri\":\"a%20b/%C3%A4%25.md\""));
}

}  // namespace
}  // namespace runlake::kb
