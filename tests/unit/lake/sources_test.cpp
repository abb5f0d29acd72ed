// SPDX-License-Identifier: Apache-2.0
// Sources "hydra", "signac", "ledger", "dvc" and "metrics": golden rows, and every way in which a file of theirs can be wrong.
#include <algorithm>
#include <set>

#include "core/digest.hpp"
#include "core/gzip.hpp"
#include "lake/registry_tables.hpp"
#include "ledger/pack.hpp"
#include "tests/unit/lake/source_files.hpp"

namespace runlake::lake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

using Hydra = testing::SourceFiles;
using Signac = testing::SourceFiles;
using Dvc = testing::SourceFiles;
using Metrics = testing::SourceFiles;
using LedgerSource = testing::SourceFiles;
using Sources = testing::SourceFiles;
using Verdicts = testing::SourceFiles;

TEST_F(Hydra, ReadsRunsAndMultirunsWithTheirMetrics) {
    file("outputs/2024-05-01/12-00-00/.hydra/config.yaml", "db:\n  driver: mysql\n  user: ${oc.env:USER}\nlr: 1e-3\ndeep: {}\nlist: [1, two]\nnone: null\n");
    file("outputs/2024-05-01/12-00-00/.hydra/overrides.yaml", "- db.driver=mysql\n- +lr=1e-3\n- ~old\n- text=a=b\n");
    file("outputs/2024-05-01/12-00-00/.hydra/hydra.yaml", "hydra:\n  mode: RUN\n  job: {name: train, config_name: config, override_dirname: 'db.driver=mysql', id: '?\?\?', num: '?\?\?'}\n"
                                                          "  runtime: {version: 1.3.2, choices: {db: mysql}, cwd: /home/x}\n");
    file("outputs/2024-05-01/12-00-00/metrics.json", R"({"loss": {"val": 0.25}, "best": true})");
    file("multirun/2024-05-01/12-30-00/multirun.yaml", "hydra: {}\n");
    for (const char* job : {"0", "1"}) {
        const std::string base = std::string("multirun/2024-05-01/12-30-00/") + job;
        file(base + "/.hydra/config.yaml", std::string("lr: 0.") + job + "\n");
        file(base + "/.hydra/overrides.yaml", "[]\n");
        file(base + "/.hydra/hydra.yaml", std::string("hydra:\n  mode: MULTIRUN\n  job: {name: train, num: ") + job + ", id: " + job + "}\n");
    }
    auto found = lake();
    EXPECT_THAT(told(found), IsEmpty());
    EXPECT_THAT(found.rows("SELECT name, value, number FROM hydra_config c JOIN lake_units u ON u.unit_key = c.run_key WHERE rel_dir LIKE 'outputs%' ORDER BY name"),
                ElementsAre("db.driver|\"mysql\"|-", "db.user|\"${oc.env:USER}\"|-", "deep|{}|-", "list|[1,\"two\"]|-", "lr|0.001|0.001", "none|null|-"));
    EXPECT_THAT(found.rows("SELECT override, name, value FROM hydra_overrides ORDER BY position"),
                ElementsAre("db.driver=mysql|db.driver|mysql", "+lr=1e-3|+lr|1e-3", "~old|~old|-", "text=a=b|text|a=b"));
    EXPECT_THAT(found.rows("SELECT folder, mode, job_num, job_id, choices FROM hydra_runs ORDER BY folder"),
                ElementsAre("0|MULTIRUN|0|0|-", "1|MULTIRUN|1|1|-", "12-00-00|RUN|-|-|{\"db\":\"mysql\"}"));
    EXPECT_THAT(found.rows("SELECT source, name, params, metrics FROM all_runs ORDER BY params::VARCHAR DESC"),
                ElementsAre("hydra|train|{\"lr\":0.1}|{}", "hydra|train|{\"lr\":0.0}|{}",
                            "hydra|train|{\"db.driver\":\"mysql\",\"db.user\":\"${oc.env:USER}\",\"deep\":{},\"list\":[1,\"two\"],\"lr\":0.001,\"none\":null}|{\"best\":true,\"loss.val\":0.25}"));
}

TEST_F(Hydra, ABadFileCostsThatFile) {
    file("a/.hydra/config.yaml", "x: [\n");
    file("a/.hydra/overrides.yaml", "not: a list\n");
    file("a/.hydra/hydra.yaml", "other: 1\n");
    file("b/.hydra/config.yaml", "a: {b: 1}\na.b: 2\n");
    file("c/.hydra/config.yaml", "- 1\n");
    file("c/.hydra/overrides.yaml", "- [1]\n");
    file("c/.hydra/hydra.yaml", "");
    auto found = lake();
    EXPECT_THAT(told(found), UnorderedElementsAre(HasSubstr(".hydra/config.yaml:1 reading document: line 1"), ".hydra/overrides.yaml: it is no list", ".hydra/hydra.yaml: it has no mapping hydra",
                                                  "~.hydra/config.yaml: two values are named 'a.b': the first counts", ".hydra/config.yaml: it is no mapping",
                                                  ".hydra/overrides.yaml: override 0 is no text", ".hydra/hydra.yaml: it has no mapping hydra"));
    EXPECT_THAT(found.rows("SELECT name, params FROM all_runs ORDER BY name"), ElementsAre("a|{}", "b|{\"a.b\":1}", "c|{}"));
}

constexpr const char* k_job = "42b7b4f2921788ea14dac5566e6f06d0";  // of {"a": 1}

TEST_F(Signac, FlattensStatePointsAndDocuments) {
    file(std::string("workspace/") + k_job + "/signac_statepoint.json", R"({"a": 1})");
    file(std::string("workspace/") + k_job + "/signac_job_document.json",
         R"({"status": "complete", "started_at": "2026-06-03T11:02:41Z", "ended_at": "2026-06-03T11:48:09Z", "wallclock_s": 2.5, "aexp": {"experiment_id": "E001"},)"
         R"( "energy": {"mean": -1.5}, "note": "x", "loss": 2, "runlake": {"run_id": "0b0e7f1a-8c46-4e55-9d5e-0a4f5f0e8d11", "exit_status": 0}})");
    file(std::string("workspace/") + k_job + "/metrics.csv", "step,loss,acc\n0,9,0.1\n1,8,\n");
    file("workspace/11111111111111111111111111111111/signac_statepoint.json~", "{}");
    file(".runs/workspace/00000000000000000000000000000000/signac_statepoint.json", R"({"b": {"c": [1, 2]}, "d": null})");
    auto found = lake();
    EXPECT_THAT(told(found), ElementsAre(HasSubstr("~signac_statepoint.json: the folder is not named by the id of its state point")));
    EXPECT_THAT(found.rows("SELECT name, value, number FROM signac_statepoints ORDER BY name"), ElementsAre("a|1|1.0", "b.c|[1,2]|-", "d|null|-"));
    EXPECT_THAT(found.rows("SELECT status, state, started_at, ended_at, wallclock_s, experiment_id, run_id FROM signac_documents"),
                ElementsAre("complete|completed|2026-06-03 11:02:41|2026-06-03 11:48:09|2.5|E001|0b0e7f1a-8c46-4e55-9d5e-0a4f5f0e8d11"));
    EXPECT_THAT(found.rows("SELECT run_id, name, state, params, metrics FROM all_runs WHERE state IS NOT NULL"),
                ElementsAre(std::string(k_job) + "|E001|completed|{\"a\":1}|{\"acc\":0.1,\"energy.mean\":-1.5,\"loss\":2,\"step\":1}"));
    EXPECT_EQ(found.one("SELECT count(*) FROM all_runs"), "2");
}

TEST_F(Signac, ABadFileCostsThatFile) {
    file(std::string("w/") + k_job + "/signac_statepoint.json", R"({"a": 1})");
    file(std::string("w/") + k_job + "/signac_job_document.json", R"([1])");
    file("w/2/signac_statepoint.json", R"({"a": )");
    file("w/3/signac_statepoint.json", R"({"a": NaN})");
    auto found = lake();
    EXPECT_THAT(told(found), UnorderedElementsAre("signac_job_document.json: it is no JSON object", HasSubstr("signac_statepoint.json:1 reading document: "), HasSubstr("signac_statepoint.json: a state point holds no NaN and no infinity")));
    EXPECT_THAT(found.rows("SELECT run_id, state FROM all_runs"), ElementsAre(std::string(k_job) + "|-"));
}

TEST_F(Dvc, ReadsStagesParametersAndMetrics) {
    file("dvc.yaml",
         "stages:\n  fit:\n    cmd: python fit.py\n    params: [lr, train.epochs, {other.json: [lr]}]\n    metrics: [{metrics/fit.json: {cache: false}}]\n"
         "  each:\n    foreach: [us, br]\n    do:\n      cmd: echo ${item}\n      metrics: [\"scores-${item}.yaml\"]\n"
         "  deep:\n    wdir: sub\n    cmd: x\n    metrics: [deep.json]\nmetrics: [top.json]\n");
    file("dvc.lock",
         "schema: '2.0'\nstages:\n  fit:\n    cmd: python fit.py\n    deps:\n    - {path: data, hash: md5, md5: 0a.dir, size: 12, nfiles: 3}\n"
         "    params:\n      params.yaml: {lr: 0.1, train.epochs: 5}\n      other.json: {lr: 0.2}\n"
         "    outs:\n    - {path: metrics/fit.json, hash: md5, md5: 0b, size: 20}\n    - {path: model.bin, hash: md5, md5: 0c, size: 7}\n"
         "  each@us:\n    cmd: [echo us]\n    outs: [{path: scores-us.yaml, md5: 0d, size: 1}]\n  deep:\n    cmd: x\n    outs: [{path: deep.json, md5: 0e, size: 1}]\n");
    file("metrics/fit.json", R"({"loss": 0.5, "by": {"class": {"a": 1}}})");
    file("scores-us.yaml", "acc: 0.75\n");
    file("sub/deep.json", R"({"d": 1})");
    file("top.json", R"({"t": true, "none": NaN})");
    auto found = lake();
    EXPECT_THAT(told(found), IsEmpty());
    EXPECT_THAT(found.rows("SELECT stage, cmd FROM dvc_stages ORDER BY stage"), ElementsAre("deep|\"x\"", "each@us|[\"echo us\"]", "fit|\"python fit.py\""));
    EXPECT_THAT(found.rows("SELECT stage, path, hash, digest, size, nfiles FROM dvc_deps"), ElementsAre("fit|data|md5|0a.dir|12|3"));
    EXPECT_THAT(found.rows("SELECT path, name, value, number, stage FROM dvc_metrics ORDER BY path, name"),
                ElementsAre("metrics/fit.json|by.class.a|1|1.0|fit", "metrics/fit.json|loss|0.5|0.5|fit", "scores-us.yaml|acc|0.75|0.75|each@us", "sub/deep.json|d|1|1.0|deep", "top.json|none|null|-|-", "top.json|t|true|1.0|-"));
    EXPECT_THAT(found.rows("SELECT source, name, state, params, metrics FROM all_runs ORDER BY name"),
                ElementsAre("dvc|deep|completed|{}|{\"d\":1}", "dvc|each@us|completed|{}|{\"acc\":0.75}",
                            "dvc|fit|completed|{\"other.json:lr\":0.2,\"params.yaml:lr\":0.1,\"train.epochs\":5}|{\"by.class.a\":1,\"loss\":0.5}"));
}

TEST_F(Dvc, ReadsTheFirstFormOfTheLockAndSaysWhatIsWrong) {
    file("old/dvc.lock", "fit:\n  cmd: x\n  outs: [{path: m.bin, md5: 0a}]\n");
    file("torn/dvc.lock", "schema: '2.0'\nstages: {fit: [\n");
    file("torn/dvc.yaml", "metrics: [m.json]\n");
    file("torn/m.json", "{\"a\": [}");
    file("odd/dvc.lock", "stages: {fit: {outs: [{md5: 0a}]}}\n");
    file("empty/dvc.lock", "");
    file("away/dvc.yaml", "metrics: [../../secret.json, /etc/passwd, gone.json]\n");
    auto found = lake();
    EXPECT_THAT(told(found), UnorderedElementsAre(HasSubstr("dvc.lock:2 reading dvc.lock: line 2"), HasSubstr("m.json:1 reading m.json"), "dvc.lock: one of the outs of stage 'fit' has no path"));
    EXPECT_THAT(found.rows("SELECT name FROM all_runs"), ElementsAre("fit"));
    EXPECT_THAT(found.rows("SELECT * FROM dvc_metrics"), IsEmpty());
}

TEST_F(Metrics, AreReadInEveryForm) {
    file("json/metrics.json", R"({"acc": 0.5, "by": {"class": {"a": 1}}, "ok": true, "name": "x", "none": null, "list": [1, 2]})");
    file("list/metrics.json", R"([{"step": 0, "loss": 2.0}, {"step": 1, "loss": 1.5}])");
    file("lines/metrics.jsonl", "{\"loss\": 3}\n\n{\"loss\": 2, \"lr\": 0.1}\n");
    file("csv/metrics.csv", "\xEF\xBB\xBFstep,\"val, loss\",note\r\n0,0.5,\"a \"\"b\"\"\nc\"\r\n1,,-inf\r\n");
    file("other/report.json", "{}");
    auto found = lake();
    EXPECT_THAT(told(found), IsEmpty());
    EXPECT_THAT(found.rows("SELECT name, metrics FROM all_runs ORDER BY name"),
                ElementsAre("csv|{\"note\":null,\"step\":1,\"val, loss\":0.5}", "json|{\"acc\":0.5,\"by.class.a\":1,\"list\":[1,2],\"name\":\"x\",\"none\":null,\"ok\":true}",
                            "lines|{\"loss\":2,\"lr\":0.1}", "list|{\"loss\":1.5,\"step\":1}"));
    EXPECT_THAT(found.rows("SELECT position, name, value, number FROM file_metrics WHERE rel_path = 'metrics.csv' ORDER BY position, name"),
                ElementsAre("0|note|\"a \\\"b\\\"\\nc\"|-", "0|step|0|0.0", "0|val, loss|0.5|0.5", "1|note|null|-", "1|step|1|1.0"));
    auto parquet = sql::Database::open("", sql::Access::in_memory).take().connect().take();
    std::filesystem::create_directories(at("parquet"));
    ASSERT_TRUE(parquet.run("COPY (SELECT i AS step, i / 4 AS loss, {'a': i} AS s FROM range(3) t(i)) TO '" + at("parquet/metrics.parquet") + "' (FORMAT parquet)").ok());
    found = lake();
    EXPECT_THAT(told(found), IsEmpty());
    EXPECT_EQ(found.one("SELECT metrics FROM all_runs WHERE name = 'parquet'"), "{\"loss\":0.5,\"s.a\":2,\"step\":2}");
}

// Neither what else lies beside it, nor what folders above it are called, nor a column of whatever name.
TEST_F(Metrics, AParquetFileIsReadByItself) {
    auto parquet = sql::Database::open("", sql::Access::in_memory).take().connect().take();
    const auto make = [&](const std::string& folder, const std::string& select) {
        std::filesystem::create_directories(at(folder));
        const std::string path = at(folder + "/metrics.parquet");
        ASSERT_TRUE(parquet.run("COPY (" + select + ") TO '" + path + ".new' (FORMAT parquet)").ok()) << select;
        std::filesystem::rename(path + ".new", path);
    };
    make("a1", "SELECT 1 AS loss");
    make("a[1]", "SELECT 2 AS loss");
    make("a*", "SELECT 3 AS loss");
    make("lr=0.5", "SELECT 4 AS loss");
    make("t", "SELECT 5 AS t, {'t': 1} AS runlake, 'nan'::DOUBLE AS loss, '-inf'::FLOAT AS low");
    make("when", "SELECT TIMESTAMPTZ '2026-01-01 00:00:00+00' AS at");
    auto found = lake();
    EXPECT_THAT(told(found), IsEmpty());
    EXPECT_THAT(found.rows("SELECT name, metrics FROM all_runs ORDER BY name"),
                ElementsAre(R"(a*|{"loss":3})", R"(a1|{"loss":1})", R"(a[1]|{"loss":2})", R"(lr=0.5|{"loss":4})", R"(t|{"loss":null,"low":null,"runlake.t":1,"t":5})", R"(when|{"at":"2026-01-01 00:00:00+00"})"));
}

TEST_F(Metrics, NothingOfAParquetFileIsLeftOutUnsaid) {
    auto parquet = sql::Database::open("", sql::Access::in_memory).take().connect().take();
    std::filesystem::create_directories(at("many"));
    ASSERT_TRUE(parquet.run("COPY (SELECT 1 AS a FROM range((1 << 20) + 1)) TO '" + at("many/metrics.parquet") + "' (FORMAT parquet)").ok());
    auto found = lake();
    EXPECT_THAT(told(found), ElementsAre(HasSubstr("it holds more than 1048576 values")));
    EXPECT_EQ(found.one("SELECT count(*) FROM file_metrics"), "0");
}

TEST_F(Metrics, TablesOfOtherProgramsAreReadAsTheyStand) {
    file("cr/metrics.csv", "step,loss\r0,2\r1,\"1\"\r");
    file("semicolons/metrics.csv", "step;\"loss, mean\"\n0;0,5\n1;0,25\n");
    file("tabs/metrics.csv", "step\tnote\n0\ta, b; c\n");
    file("commas/metrics.csv", "step,a;b\n0,7\n");
    auto found = lake();
    EXPECT_THAT(told(found), IsEmpty());
    EXPECT_THAT(found.rows("SELECT name, metrics FROM all_runs ORDER BY name"),
                ElementsAre(R"(commas|{"a;b":7,"step":0})", R"(cr|{"loss":1,"step":1})", R"(semicolons|{"loss, mean":"0,25","step":1})", R"(tabs|{"note":"a, b; c","step":0})"));
}

TEST_F(Metrics, WhatPythonWritesForNumbersThatAreNotFiniteIsNull) {
    file("lines/metrics.jsonl", "{\"step\": 1, \"loss\": 0.5}\n{\"step\": 2, \"loss\": NaN}\n{\"step\": 3, \"top\": -Infinity}\n");
    file("whole/metrics.json", "{\"loss\": NaN, \"acc\": 0.5}");
    auto found = lake();
    EXPECT_THAT(told(found), IsEmpty());
    EXPECT_THAT(found.rows("SELECT name, metrics FROM all_runs ORDER BY name"), ElementsAre(R"(lines|{"loss":null,"step":3,"top":null})", R"(whole|{"acc":0.5,"loss":null})"));
    EXPECT_THAT(found.rows("SELECT name, value, number FROM file_metrics WHERE value = 'null' ORDER BY name"), ElementsAre("loss|null|-", "loss|null|-", "top|null|-"));
}

TEST_F(Metrics, WhatIsWrongIsToldInWordsThatHelp) {
    file("a/metrics.json", std::string("\xff\xfe{\0\"\0a\0\"\0:\0001\0}\0", 16));
    file("b/metrics.csv", std::string("\xfe\xff\0a\0\n\0001\0\n", 10));
    file("c/metrics.jsonl", "{\"a\": 1}\n{bad\n");
    file("d/metrics.jsonl", "{\"a\": 1}\n\"" + std::string(std::size_t{17} << 20U, 'x') + "\"\n");
    file("e/metrics.csv", "a,b\n1\n");
    auto found = lake();
    EXPECT_THAT(told(found), UnorderedElementsAre(HasSubstr("metrics.json: it is UTF-16: only UTF-8 is read"), HasSubstr("metrics.csv: it is UTF-16: only UTF-8 is read"),
                                                  HasSubstr("metrics.jsonl:2 reading line 2: "), "metrics.jsonl:2 line 2 is longer than a line may be: 16777216 bytes",
                                                  "metrics.csv:2 line 2: 1 cell where the head has 2"));
}

TEST_F(Metrics, ABadFileCostsThatFile) {
    file("1/metrics.json", "{\n\"a\": 1,\n}");
    file("2/metrics.json", "[1]");
    file("3/metrics.json", "3");
    file("4/metrics.jsonl", "{\"a\": 1}\n{\"a\":\n");
    file("5/metrics.csv", "a,b\n1\n");
    file("6/metrics.csv", "a,b\n\"1,2\n");
    file("7/metrics.csv", "a,a\n1,2\n");
    file("8/metrics.csv", "a\n\"1\"2\n");
    file("9/metrics.parquet", "PAR1");
    auto found = lake();
    EXPECT_THAT(told(found), UnorderedElementsAre(HasSubstr("metrics.json:3 reading document: line 3, column 1: "), "metrics.json: record 0 is no object", "metrics.json: it is neither an object nor a list of objects",
                                                  HasSubstr("metrics.jsonl:2 reading line 2: "), "metrics.csv:2 line 2: 1 cell where the head has 2", "metrics.csv:2 line 2: a quote is not closed",
                                                  "metrics.csv:1 two columns have one name", "metrics.csv:2 line 2: there is text after a quoted cell",
                                                  "metrics.parquet: DuckDB can't read it as Parquet"));
    EXPECT_EQ(found.one("SELECT count(*) FROM file_metrics"), "0");
}

std::string job_entry(const std::string& end = "complete") {
    return R"({"code_commit": null, "ended_at": "2026-06-03T11:48:09Z", "job_id": ")" + std::string(k_job) + R"(", "promoted_at": "2026-06-03T11:48:10Z", "registered_machine": "cluster",)"
           R"( "run_link": {"experiment_id": "E001"}, "schema_version": 1, "started_at": "2026-06-03T11:02:41Z", "statepoint": {"a": 1}, "status": ")" + end + R"("})";
}

TEST_F(LedgerSource, ReadsEntriesWhatStandsBesideThemAndPacks) {
    file(std::string(".aexp/ledger/") + k_job + ".json", job_entry());
    file(".aexp/ledger/README.json", "{}");
    file(".runlake/ledger/2222.json", "{}");
    file(std::string(".runlake/ledger-extra/") + k_job + ".json",
         R"({"schema": "runlake.extra/1", "id": ")" + std::string(k_job) +
             R"(", "status": "complete", "promoted_at": "2026-06-03T11:48:10Z", "registered_machine": "cluster", "metrics": {"loss": {"value": 0.5, "step": 3}, "acc": {"value": 1}}, "exit_status": 0})");
    auto found = lake();
    EXPECT_THAT(told(found), IsEmpty());
    EXPECT_THAT(found.rows("SELECT id, kind, state, machine, experiment_id, started_at, ended_at, promoted_at, params FROM ledger_entries"),
                ElementsAre(std::string(k_job) + "|job|completed|cluster|E001|2026-06-03 11:02:41|2026-06-03 11:48:09|2026-06-03 11:48:10|{\"a\":1}"));
    EXPECT_THAT(found.rows("SELECT source, run_id, name, state, params, metrics FROM all_runs"),
                ElementsAre("ledger|" + std::string(k_job) + "|E001|completed|{\"a\":1}|{\"acc\":1.0,\"loss\":0.5}"));
    // A job that is here itself is told by its own folder alone.
    file(std::string("workspace/") + k_job + "/signac_statepoint.json", R"({"a": 1})");
    EXPECT_THAT(lake().rows("SELECT source FROM all_runs"), ElementsAre("signac"));
    // Packed, the same rows come out.
    std::filesystem::remove_all(at(".aexp"));
    std::filesystem::remove_all(at("workspace"));
    const std::string entry = R"({"code_commit":null,"ended_at":"2026-06-03T11:48:09Z","job_id":")" + std::string(k_job) +
                              R"(","promoted_at":"2026-06-03T11:48:10Z","registered_machine":"cluster","run_link":{"experiment_id":"E001"},"schema_version":1,"started_at":"2026-06-03T11:02:41Z","statepoint":{"a":1},"status":"complete"})";
    for (const auto& pack : ledger::make_packs({{k_job, entry, ""}})) { file(".runlake/ledger/packs/" + pack.name, pack.bytes); }
    auto packed = lake();
    EXPECT_THAT(told(packed), IsEmpty());
    EXPECT_THAT(packed.rows("SELECT source, run_id, name, state, params FROM all_runs"), ElementsAre("ledger|" + std::string(k_job) + "|E001|completed|{\"a\":1}"));
}

TEST_F(LedgerSource, ABadFileCostsThatFile) {
    file(std::string(".runlake/ledger/") + k_job + ".json", job_entry("finished"));
    file(".runlake/ledger/11111111111111111111111111111111.json", job_entry());
    file(".runlake/ledger/packs/0000000000000000000000000000000000000000000000000000000000000000.jsonl.gz", core::gzip("{}"));
    file(".runlake/ledger/packs/1111111111111111111111111111111111111111111111111111111111111111.jsonl.gz", "no gzip");
    auto found = lake();
    EXPECT_EQ(found.problems.size(), 4U);
    EXPECT_THAT(told(found), ::testing::Contains(HasSubstr("its name is not the digest of its bytes")));
    EXPECT_EQ(found.one("SELECT count(*) FROM all_runs"), "0");
}

TEST_F(Verdicts, AreReadBesideRuns) {
    const std::string id = "997b0f9251b5317c94ec74728871a0e7";
    file(".runlake/verdicts/" + id + ".json",
         R"({"schema": "runlake.verdict/1", "id": ")" + id + R"(", "decided_at": "2026-06-03T11:48:09.000000Z", "verdict": "CANONICAL_DIVERGENCE", "cause": "data_vintage", "reason": null,)"
         R"( "cell": "mean/0", "metric": "mean", "det_status": "deterministic", "det_delta": 0, "canon_delta": 0.5, "epsilon": 1e-9, "parity_state": "match", "canonical_run_id": "r"})");
    file(".runlake/verdicts/00000000000000000000000000000001.json", R"({"schema": "runlake.verdict/1", "id": "other", "verdict": "FIDELITY_OK"})");
    file(".runlake/verdicts/00000000000000000000000000000002.json", R"({"schema": "runlake.verdict/2"})");
    auto found = lake();
    EXPECT_THAT(told(found), ElementsAre("00000000000000000000000000000001.json: its id is not its name",
                                         "00000000000000000000000000000002.json: its schema is not runlake.verdict/1 but 'runlake.verdict/2'"));
    EXPECT_THAT(found.rows("SELECT verdict_id, decided_at, verdict, cause, reason, cell, det_delta, canon_delta, canonical_run_id FROM replay_verdicts"),
                ElementsAre(id + "|2026-06-03 11:48:09|CANONICAL_DIVERGENCE|data_vintage|-|mean/0|0.0|0.5|r"));
    EXPECT_EQ(found.one("SELECT count(*) FROM all_runs"), "0");
}

TEST_F(Sources, AFolderMayHoldRunsOfSeveral) {
    file("x/.hydra/config.yaml", "a: 1\n");
    file("x/signac_statepoint.json", "{}");
    file("x/dvc.lock", "stages: {}\n");
    file("x/mlruns/0/meta.yaml", "experiment_id: '0'\n");
    file("x/metrics.json", "{\"m\": 1}");
    auto found = lake();
    std::vector<std::string> units;
    for (const auto& unit : found.units.units) { units.push_back(std::string(unit.source->name) + " " + unit.rel_dir); }
    EXPECT_THAT(units, ElementsAre("signac x", "dvc x", "hydra x", "mlflow x/mlruns/0"));
    std::set<std::string> keys;
    for (const auto& unit : found.units.units) { keys.insert(unit.key); }
    EXPECT_EQ(keys.size(), 4U);
}

TEST_F(Sources, AProjectIsLookedAtBesideItsRoots) {
    file("project/logs/nothing.txt", "");
    file("project/.runs/workspace/" + std::string(k_job) + "/signac_statepoint.json", R"({"a": 1})");
    file("project/dvc.lock", "stages: {fit: {cmd: x}}\n");
    file("project/elsewhere/.hydra/config.yaml", "a: 1\n");
    auto beside = testing::fill_lake({at("project/logs")}, {at("project")});
    EXPECT_THAT(beside.rows("SELECT source, name FROM all_runs ORDER BY source"), ElementsAre("dvc|fit", "signac|" + std::string(k_job)));
    EXPECT_EQ(beside.units.roots.size(), 1U);
    EXPECT_EQ(testing::fill_lake({at("project")}, {at("project")}).rows("SELECT name FROM all_runs").size(), 3U);
}

TEST(SourceTable, NamesAreDistinctAndViewsHaveEveryColumn) {
    std::set<std::string_view> names;
    for (const auto* source : all_sources()) {
        EXPECT_TRUE(names.insert(source->name).second) << source->name;
        EXPECT_TRUE(source->help.ends_with('.')) << source->name;
        EXPECT_NE(source->extractors.empty(), source->read == nullptr) << source->name;
        if (source->read != nullptr) { EXPECT_FALSE(source->unit_tables.empty()) << source->name; }
    }
    EXPECT_FALSE(all_sources().front()->only_unclaimed);
    EXPECT_TRUE(all_sources().back()->only_unclaimed);
}

}  // namespace
}  // namespace runlake::lake
