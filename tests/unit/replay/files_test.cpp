// SPDX-License-Identifier: Apache-2.0
// Envelope and verdict files, events, canonical values out of rows, and verdicts in words.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "os/files.hpp"
#include "replay/canonical_source.hpp"
#include "replay/explain.hpp"
#include "replay/postgres.hpp"
#include "replay/verdict.hpp"
#include "replay_support.hpp"

namespace runlake::replay {
namespace {

namespace fs = std::filesystem;

class Folder {
  public:
    Folder() {
        std::string pattern = (fs::temp_directory_path() / "replay_test.XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    record::Store store() const {
        record::Store store;
        store.root = path_;
        store.dir = path_ + "/.runlake";
        return store;
    }

  private:
    std::string path_;
};

VerdictRecord record_of(const CellFacts& facts) {
    VerdictRecord record = make_verdict(facts, judge(facts));
    record.id = "00112233445566778899aabbccddeeff";
    record.decided_at = core::Timestamp{1'700'000'000'000'000};
    record.spec = "replay.yaml";
    return record;
}

TEST(EnvelopeFile, ReadsAsItWasWritten) {
    const Envelope envelope = good_envelope(good_facts().expected);
    const auto read = parse_envelope(core::to_json_pretty(to_json(envelope)));
    ASSERT_TRUE(read.ok()) << read.error().message();
    EXPECT_EQ(read.value().key, envelope.key);
    EXPECT_EQ(read.value().values, envelope.values);
    EXPECT_EQ(read.value().bound.eps_prod, envelope.bound.eps_prod);
    EXPECT_EQ(read.value().measured_at, envelope.measured_at);
}

TEST(EnvelopeFile, ANumberThatWasChangedByHandIsNoticed) {
    core::Json json = to_json(good_envelope(good_facts().expected));
    json.set("eps_prod", 0.5);
    EXPECT_EQ(parse_envelope(core::to_json(json)).error().code(), core::Errc::corrupt);
    json = to_json(good_envelope(good_facts().expected));
    json.as_object()->at(2).second.set("cell", "other");
    EXPECT_EQ(parse_envelope(core::to_json(json)).error().code(), core::Errc::corrupt);
    json = to_json(good_envelope(good_facts().expected));
    json.set("schema", "runlake.envelope/2");
    EXPECT_EQ(parse_envelope(core::to_json(json)).error().code(), core::Errc::unsupported);
}

TEST(Envelopes, TheOneThatFitsWinsElseTheLatest) {
    const Folder folder;
    const EnvelopeKey key = good_facts().expected;
    Envelope old = good_envelope(key);
    old.key.image = "sha256:old";
    old.measured_at = core::Timestamp{1'800'000'000'000'000};
    ASSERT_TRUE(write_envelope(folder.store(), old).ok());
    EXPECT_EQ(Envelopes::load(folder.store()).find(key)->key.image, "sha256:old");
    ASSERT_TRUE(write_envelope(folder.store(), good_envelope(key)).ok());
    Envelope more = good_envelope(key);
    more.values.push_back(.3517);
    more.bound = bound_of(more.values, Method::automatic).take();
    ASSERT_TRUE(write_envelope(folder.store(), more).ok());
    std::ofstream(folder.store().dir + "/epsilon/broken.json") << "{";
    const Envelopes all = Envelopes::load(folder.store());
    EXPECT_EQ(all.size(), 3U);
    EXPECT_EQ(all.problems().size(), 1U);
    ASSERT_NE(all.find(key), nullptr);
    EXPECT_EQ(all.find(key)->values.size(), 11U);
    EnvelopeKey other = key;
    other.cell = "eth";
    EXPECT_EQ(all.find(other), nullptr);
}

TEST(VerdictFile, HasEveryFieldAndReadsBack) {
    const core::Json json = to_json(record_of(good_facts()));
    for (const std::string_view field : {"verdict", "cause", "reason", "cell", "det_delta", "canon_delta", "epsilon", "eps_num", "eps_prod", "eps_prod_image_sha", "parity_state", "parity_dims",
                                         "replay_build_sha", "replay_instance_type", "canonical_run_id", "canonical_build_sha", "canonical_instance_type", "eps_prod_key", "parity_policy"}) {
        EXPECT_NE(json.find(field), nullptr) << field;
    }
    EXPECT_EQ(json.string_at("replay_instance_type"), "m5.large");
    EXPECT_EQ(json.string_at("canonical_build_sha"), "0123456789abcdef");
    EXPECT_TRUE(json.find("cause")->is_null());
    const auto read = parse_verdict(core::to_json_pretty(json));
    ASSERT_TRUE(read.ok()) << read.error().message();
    EXPECT_EQ(read.value().decision.verdict, Verdict::fidelity_ok);
    EXPECT_EQ(read.value().canonical_run_id, "row-7");
    EXPECT_EQ(read.value().epsilon, good_facts().envelope->bound.eps_prod);
}

TEST(VerdictFile, WhatIsNotMeasuredIsNull) {
    CellFacts facts = good_facts();
    facts.envelope->key.image = "other";
    const core::Json json = to_json(record_of(facts));
    EXPECT_TRUE(json.find("epsilon")->is_null());
    EXPECT_TRUE(json.find("eps_prod")->is_null());
    EXPECT_TRUE(json.find("canon_delta")->is_null());
    EXPECT_EQ(json.string_at("eps_prod_image_sha"), "other");
}

TEST(VerdictFile, OtherWordsAndVersionsAreRefused) {
    core::Json json = to_json(record_of(good_facts()));
    json.set("verdict", "FINE");
    EXPECT_EQ(parse_verdict(core::to_json(json)).error().code(), core::Errc::corrupt);
    json.set("schema", "runlake.verdict/9");
    EXPECT_EQ(parse_verdict(core::to_json(json)).error().code(), core::Errc::unsupported);
    EXPECT_EQ(parse_verdict("[]").error().code(), core::Errc::corrupt);
}

TEST(VerdictFile, OutcomesAreToldWhole) {
    Outcome outcome = good_outcome(1, 0.25);
    outcome.artifacts = {{"m", "file/1:aa", 3}};
    outcome.knobs = {{"OMP_NUM_THREADS", "1", "2", true}};
    outcome.error = ReplayError{.kind = ErrorKind::signal, .detail = "killed", .exit_status = {}, .signal = 9};
    const core::Json json = to_json(outcome);
    const auto told = [&](std::string_view member) { return json.find(member) == nullptr ? "" : core::to_json(*json.find(member)); };
    EXPECT_EQ(told("error"), R"({"kind":"signal","detail":"killed","signal":9})");
    EXPECT_EQ(told("artifacts"), R"([{"path":"m","digest":"file/1:aa","bytes":3}])");
    EXPECT_EQ(told("knobs"), R"([{"name":"OMP_NUM_THREADS","requested":"1","effective":"2","checked":true}])");
    ASSERT_FALSE(outcome.provenance.empty());
    EXPECT_EQ(json.find("provenance")->as_object()->size(), outcome.provenance.size());
    std::set<std::string_view> names;
    for (int kind = 0; kind <= static_cast<int>(ErrorKind::internal); ++kind) { EXPECT_TRUE(names.insert(error_name(static_cast<ErrorKind>(kind))).second); }
}

TEST(Verdict, IsWrittenIntoTheStoreAndTheRunDirectory) {
    const Folder folder;
    const std::string run_dir = folder.store().root + "/runs/one";
    fs::create_directories(run_dir);
    const auto path = write_verdict(folder.store(), record_of(good_facts()), run_dir);
    ASSERT_TRUE(path.ok()) << path.error().message();
    EXPECT_EQ(path.value(), folder.store().dir + "/verdicts/00112233445566778899aabbccddeeff.json");
    const auto beside = os::read_file(run_dir + "/verdicts/00112233445566778899aabbccddeeff.json");
    ASSERT_TRUE(beside.ok());
    EXPECT_EQ(beside.value(), os::read_file(path.value()).take());
}

std::vector<std::string> events(const CellFacts& facts, std::string_view prefix = "") { return events_of(record_of(facts), prefix); }

TEST(Events, DeterminismIsToldOnEveryPath) {
    CellFacts failed = good_facts();
    failed.replays[1].value = 0.9;
    CellFacts broken = good_facts();
    broken.replays[0].error = ReplayError{.kind = ErrorKind::exit, .detail = "it ended with status 3", .exit_status = 3, .signal = {}};
    CellFacts absent = good_facts();
    absent.canonical.reset();
    CellFacts unmeasured = good_facts();
    unmeasured.envelope.reset();
    CellFacts unverified = good_facts();
    unverified.canonical->provenance.erase("inputs");
    CellFacts gap = good_facts(0.3591, 0.3520);
    for (const auto& [facts, names] : std::vector<std::pair<CellFacts, std::vector<std::string>>>{
             {good_facts(), {"replay_determinism", "replay_divergence", "replay_verdict"}},
             {failed, {"replay_determinism", "replay_determinism_cause", "replay_verdict"}},
             {broken, {"replay_determinism", "replay_verdict"}},
             {absent, {"replay_determinism", "replay_verdict"}},
             {unmeasured, {"replay_determinism", "replay_verdict"}},
             {unverified, {"replay_determinism", "replay_divergence", "replay_verdict"}},
             {gap, {"replay_determinism", "replay_divergence", "replay_verdict"}}}) {
        const std::vector<std::string> lines = events(facts, "s18_");
        ASSERT_EQ(lines.size(), names.size());
        for (std::size_t i = 0; i < names.size(); ++i) { EXPECT_TRUE(lines[i].starts_with("event=s18_" + names[i] + " ")) << lines[i]; }
    }
}

TEST(Events, SayWhatTheCatalogueSays) {
    EXPECT_EQ(events(good_facts())[0], "event=replay_determinism status=PASS abs_delta_runs=0 cell=btc/fold3 metric=f1 replicas=2");
    EXPECT_EQ(events(good_facts())[1], "event=replay_divergence severity=info abs_delta=0 parity_state=equal cell=btc/fold3");
    EXPECT_EQ(events(good_facts())[2], "event=replay_verdict verdict=FIDELITY_OK cause=null reason=null cell=btc/fold3 metric=f1 id=00112233445566778899aabbccddeeff");
    CellFacts failed = good_facts();
    failed.replays[1].value = 0.9;
    EXPECT_EQ(events(failed)[1], "event=replay_determinism_cause severity=warn cause=real_instability cell=btc/fold3");
    EXPECT_EQ(loaded_event("s18_", "abc"), "event=s18_loaded build_sha=abc");
    EXPECT_EQ(loaded_event("", ""), "event=loaded build_sha=unknown");
}

TEST(Events, ValuesThatAreNotPlainAreQuoted) {
    CellFacts facts = good_facts();
    facts.expected.cell = facts.envelope->key.cell = "a b=\"c\"\nd";
    EXPECT_NE(events(facts)[0].find(R"(cell="a b=\"c\"\nd")"), std::string::npos) << events(facts)[0];
}

TEST(Loki, OneStreamWithTimesInNanoseconds) {
    const core::Json push = loki_push({{"job", "runlake_replay"}}, {{core::Timestamp{1'700'000'000'000'001}, "event=x"}});
    EXPECT_EQ(core::to_json(push), R"({"streams":[{"stream":{"job":"runlake_replay"},"values":[["1700000000000001000","event=x"]]}]})");
}

CanonicalSource source_of(std::map<std::string, std::string> columns = {}) {
    CanonicalSource source;
    source.kind = CanonicalKind::json;
    source.file = "c.json";
    source.columns = std::move(columns);
    return source;
}

TEST(CanonicalRow, ColumnsAreMappedToDimensions) {
    const Row row{{"f1_buy", "0.3520485"}, {"id", "row-7"}, {"build_sha", "abc"}, {"features", "12"}, {"packages", std::nullopt}};
    const auto found = canonical_of_row(row, source_of({{"value", "f1_buy"}, {"run_id", "id"}, {"feature_version", "features"}}), "f1", default_policy());
    ASSERT_TRUE(found.ok()) << found.error().message();
    EXPECT_EQ(found.value().value, 0.3520485);
    EXPECT_EQ(found.value().decimals, 7);
    EXPECT_EQ(found.value().run_id, "row-7");
    EXPECT_EQ(found.value().provenance, (Provenance{{"build_sha", "abc"}, {"feature_version", "12"}}));
}

TEST(CanonicalRow, AValueIsNeededAndMayBeNaN) {
    EXPECT_EQ(canonical_of_row({{"f1", std::nullopt}}, source_of(), "f1", default_policy()).error().code(), core::Errc::not_found);
    EXPECT_EQ(canonical_of_row({{"f1", "abc"}}, source_of(), "f1", default_policy()).error().code(), core::Errc::corrupt);
    EXPECT_TRUE(std::isnan(canonical_of_row({{"f1", "NaN"}}, source_of(), "f1", default_policy()).take().value));
    EXPECT_EQ(canonical_of_row({{"f1", "-Infinity"}}, source_of(), "f1", default_policy()).take().value, -HUGE_VAL);
}

TEST(CanonicalJson, ByPointerWithProvenanceWithin) {
    const std::string text = R"({"cells": [{"value": 0.25, "run_id": "r", "provenance": {"image": "sha256:aa"}}]})";
    CanonicalSource source = source_of();
    source.pointer = "/cells/0";
    const auto found = canonical_of_json(text, source, "f1", default_policy());
    ASSERT_TRUE(found.ok()) << found.error().message();
    EXPECT_EQ(found.value().value, 0.25);
    EXPECT_EQ(found.value().provenance.at("image"), "sha256:aa");
    source.pointer = "/cells/1";
    EXPECT_EQ(canonical_of_json(text, source, "f1", default_policy()).error().code(), core::Errc::not_found);
    source.pointer = "/cells/0/value";
    EXPECT_EQ(canonical_of_json(text, source, "f1", default_policy()).take().value, 0.25);
}

TEST(Decimals, OnlyWhatMayHaveBeenRounded) {
    EXPECT_EQ(stored_decimals("0.3520485"), 7);
    EXPECT_EQ(stored_decimals("0.35204850812345678"), std::nullopt);
    EXPECT_EQ(stored_decimals("0.5"), std::nullopt);
    EXPECT_EQ(stored_decimals("1e-5"), std::nullopt);
    EXPECT_EQ(stored_decimals("12"), std::nullopt);
}

TEST(Migration, NamesOfTablesAreChecked) {
    EXPECT_TRUE(provenance_migration("").ok());
    EXPECT_TRUE(provenance_migration("public.finetune_results").ok());
    for (const std::string_view bad : {"a; DROP TABLE b", "a.b.c", "A", "1a", ".", "a\"b"}) { EXPECT_FALSE(provenance_migration(std::string(bad)).ok()) << bad; }
}

VerdictFile file_of(const CellFacts& facts) { return parse_verdict(core::to_json(to_json(record_of(facts)))).take(); }

TEST(Explain, EveryVerdictSaysWhatItMeansAndWhatToDo) {
    std::vector<CellFacts> all(7, good_facts());
    all[1].replays[1].value = 0.9;
    all[2].replays[1].error = ReplayError{.kind = ErrorKind::timeout, .detail = "over 3 s", .exit_status = {}, .signal = {}};
    all[3].canonical.reset();
    all[4].envelope->key.image = "other";
    all[5].canonical->provenance.erase("inputs");
    all[6].canonical->provenance["inputs"] = "other";
    std::set<std::string> meanings;
    for (const CellFacts& facts : all) {
        const Explanation words = explain(file_of(facts));
        EXPECT_FALSE(words.next.empty());
        meanings.insert(words.meaning);
    }
    EXPECT_EQ(meanings.size(), all.size());
    EXPECT_NE(explain(file_of(all[6])).meaning.find("other inputs"), std::string::npos);
    EXPECT_NE(explain(file_of(all[4])).next.front().find("another image"), std::string::npos);
    EXPECT_EQ(explain(file_of(all[2])).differed.front(), "replay 1: timeout: over 3 s");
}

TEST(Environment, DocumentsBecomeDimensions) {
    const std::string digest(64, 'a');
    const std::string other(64, 'b');
    const std::string text = R"({"version":1,"recipe":"environment/1","digest":")" + digest + R"(","groups":{
        "machine":{"digest":")" + digest + R"(","values":{"cpu_name":{"state":"value","value":"Fast CPU"},"processors_online":{"state":"value","value":8},"vendor":{"state":"absent"},"product":{"state":"value","value":"Box"}}},
        "libraries":{"digest":")" + digest + R"(","values":{}},"toolchain":{"digest":")" + other + R"(","values":{"cc":{"state":"value","value":"gcc"}}},
        "packages":{"digest":")" + other + R"(","values":{"system":{"state":"unknown","reason":"rpm"}}}}})";
    const auto found = parse_environment(text);
    ASSERT_TRUE(found.ok()) << found.error().message();
    EXPECT_EQ(found.value().at("instance_type_fallback"), "-; Box; Fast CPU; 8");
    EXPECT_EQ(found.value().at("libraries"), digest);
    EXPECT_FALSE(found.value().contains("packages")) << "what could not be collected is neither equal nor different";
    EXPECT_FALSE(found.value().contains("image_fallback"));
    EXPECT_FALSE(parse_environment("{}").ok());
}

}  // namespace
}  // namespace runlake::replay
