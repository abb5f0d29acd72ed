// SPDX-License-Identifier: Apache-2.0
// Source "mlflow": golden rows of a store that was written by hand, every way in which a file can be wrong, and a store that MLflow wrote.
#include "tests/unit/lake/source_files.hpp"

namespace runlake::lake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

constexpr const char* k_run = "0123456789abcdef0123456789abcdef";
constexpr const char* k_gone = "00000000000000000000000000000001";

class Mlflow : public testing::SourceFiles {
  protected:
    void run(const std::string& where, const std::string& id, const std::string& more = "") const {
        file(where + "/" + id + "/meta.yaml", "artifact_uri: file:///x/artifacts\nend_time: 1748277355114\nentry_point_name: ''\nexperiment_id: '7'\nlifecycle_stage: active\nrun_id: " + id +
                                                  "\nrun_name: 1e5\nrun_uuid: " + id + "\nsource_name: ''\nsource_type: 4\nsource_version: ''\nstart_time: 1748277355049\nstatus: 3\n" +
                                                  "tags: []\nuser_id: user\n" + more);
        fs::create_directories(at(where + "/" + id + "/metrics"));
    }
};

TEST_F(Mlflow, ReadsExperimentsRunsValuesAndSeries) {
    file("7/meta.yaml", "artifact_location: file:///x\ncreation_time: 1748277340000\nexperiment_id: '7'\nlast_update_time: 1748277340001\nlifecycle_stage: active\nname: heights\n");
    run("7", k_run);
    file("7/" + std::string(k_run) + "/params/lr", "0.1");
    file("7/" + std::string(k_run) + "/params/model/depth", "two\nlines");
    file("7/" + std::string(k_run) + "/params/empty", "");
    file("7/" + std::string(k_run) + "/params/._lr", "left by a system");
    file("7/" + std::string(k_run) + "/tags/mlflow.runName", "1e5");
    file("7/" + std::string(k_run) + "/tags/kind", "x");
    file("7/" + std::string(k_run) + "/metrics/loss", "1748277355050 0.5 0\n1748277355052 0.25 2\n1748277355051 0.3 1\n");
    file("7/" + std::string(k_run) + "/metrics/val/acc", "1748277355050 nan\n1748277355051 -inf 3 data 0abc\n");
    file("7/" + std::string(k_run) + "/artifacts/metrics.json", "{}");
    auto found = lake();
    EXPECT_THAT(found.problems, IsEmpty());
    EXPECT_THAT(found.rows("SELECT * EXCLUDE experiment_key FROM mlflow_experiments"),
                ElementsAre("7|heights|active|2025-05-26 16:35:40|2025-05-26 16:35:40.001|file:///x|meta.yaml"));
    EXPECT_EQ(found.one("SELECT * EXCLUDE run_key FROM mlflow_runs"), std::string(k_run) + "|1e5|7|FINISHED|completed|active|2025-05-26 16:35:55.049|2025-05-26 16:35:55.114|-|user||LOCAL|||"
                                                                                          "file:///x/artifacts|meta.yaml");
    EXPECT_THAT(found.rows("SELECT key, value, rel_path FROM mlflow_params ORDER BY key"), ElementsAre("empty||params/empty", "lr|0.1|params/lr", "model/depth|two\nlines|params/model/depth"));
    EXPECT_THAT(found.rows("SELECT key, value, user_value FROM mlflow_tags ORDER BY key DESC"), ElementsAre("mlflow.runName|1e5|-", "kind|x|x"));
    EXPECT_THAT(found.rows("SELECT key, position, value, epoch_ms(timestamp), step, is_nan FROM mlflow_metrics ORDER BY key, position"),
                ElementsAre("loss|0|0.5|1748277355050|0|false", "loss|1|0.25|1748277355052|2|false", "loss|2|0.3|1748277355051|1|false", "val/acc|0|-|1748277355050|0|true",
                            "val/acc|1|-inf|1748277355051|3|false"));
    EXPECT_EQ(found.one("SELECT source, run_id, name, state, started_at, finished_at, params, metrics FROM all_runs"),
              "mlflow|" + std::string(k_run) + "|1e5|completed|2025-05-26 16:35:55.049|2025-05-26 16:35:55.114|{\"empty\":\"\",\"lr\":\"0.1\",\"model/depth\":\"two\\nlines\"}|"
                                               "{\"loss\":0.25,\"val/acc\":null}");
    EXPECT_EQ(found.one("SELECT json_extract_string(params, '$.lr') FROM all_runs"), "0.1");
}

TEST_F(Mlflow, DeletedRunsAndExperimentsAreThere) {
    run("7", k_run, "deleted_time: 1748277360000\n");
    std::string text;
    std::getline(std::ifstream(at("7/" + std::string(k_run) + "/meta.yaml")), text, '\0');
    text.replace(text.find("active"), 6, "deleted");
    file("7/" + std::string(k_run) + "/meta.yaml", text);
    file(".trash/8/meta.yaml", "experiment_id: '8'\nlifecycle_stage: deleted\nname: old\n");
    run(".trash/8", k_gone);
    file(".other/9/meta.yaml", "experiment_id: '9'\n");
    auto found = lake();
    EXPECT_THAT(found.problems, IsEmpty());
    EXPECT_THAT(found.rows("SELECT run_id, status, state, deleted_time FROM mlflow_runs ORDER BY run_id"),
                ElementsAre(std::string(k_gone) + "|FINISHED|completed|-", std::string(k_run) + "|FINISHED|deleted|2025-05-26 16:36:00"));
    EXPECT_THAT(found.rows("SELECT experiment_id, lifecycle_stage FROM mlflow_experiments"), ElementsAre("8|deleted"));
}

TEST_F(Mlflow, ABadFileCostsThatFile) {
    run("7", k_run);
    run("7", k_gone);
    const std::string base = "7/" + std::string(k_run);
    file("7/" + std::string(k_gone) + "/meta.yaml", "run_id: x\nstatus: 9\n");
    file(base + "/metrics/good", "1 1 1");
    file(base + "/metrics/empty", "");
    file(base + "/metrics/fields", "1 2 3\n1 2 3 4\n");
    file(base + "/metrics/number", "1 two 3\n");
    file(base + "/metrics/range", "1 2 3\n1 1e400 3\n");
    file(base + "/metrics/step", "1 2 3.5\n");
    file(base + "/metrics/time", "later 2 3\n");
    file("7/meta.yaml", "name: [\n");
    auto found = lake();
    EXPECT_THAT(told(found), ::testing::UnorderedElementsAre("metrics/empty: it holds no value", "metrics/fields:2 line 2: a value has 2, 3 or 5 fields, not 4",
                                                      "metrics/number:1 line 1: the value is no number", "metrics/range:2 line 2: the value is no number", "metrics/step:1 line 1: the step is no whole number",
                                                      "metrics/time:1 line 1: the time is no whole number", "meta.yaml: status is none of MLflow's: 9", HasSubstr("meta.yaml:1 reading document: line 1, ")));
    EXPECT_THAT(found.rows("SELECT key FROM mlflow_metrics"), ElementsAre("good"));
    EXPECT_THAT(found.rows("SELECT run_id FROM all_runs"), ElementsAre(k_run));
}

TEST_F(Mlflow, AFolderThatCantBeListedIsTold) {
    run("7", k_run);
    file("7/meta.yaml", "experiment_id: '7'\nname: x\n");
    file("7/traces", "no folder");
    std::filesystem::create_directory_symlink("datasets", at("7/datasets"));  // to itself
    EXPECT_THAT(told(lake()), ElementsAre(HasSubstr("datasets: ")));
}

TEST_F(Mlflow, FoldersThatAreNoneAreLeftAlone) {
    file("docs/meta.yaml", "title: a page\n");
    file("7/meta.yaml.bak", "x");
    auto found = lake();
    EXPECT_THAT(found.units.units, IsEmpty());
    EXPECT_THAT(found.problems, IsEmpty());
}

// As MLflow 3.17 wrote them.
TEST_F(Mlflow, ReadsWhatStandsBesideRuns) {
    const std::string run_dir = "7/" + std::string(k_run);
    file("7/meta.yaml", "experiment_id: '7'\nname: three\nlifecycle_stage: active\n");
    file("7/tags/kind", "test");
    file("7/datasets/d1/meta.yaml", "digest: 0abc\nname: train set\nprofile: null\nschema: '{}'\nsource: http://x/y.csv\nsource_type: http\n");
    run("7", k_run);
    file(run_dir + "/inputs/i1/meta.yaml", "destination_id: " + std::string(k_run) + "\ndestination_type: RUN\nsource_id: d1\nsource_type: DATASET\ntags:\n  mlflow.data.context: training\n");
    file(run_dir + "/outputs/m-1/meta.yaml", "destination_id: m-1\ndestination_type: MODEL_OUTPUT\nsource_id: " + std::string(k_run) + "\nsource_type: RUN_OUTPUT\nstep: 3\ntags: {}\n");
    file("7/models/m-1/meta.yaml", "artifact_location: file:///x\ncreation_timestamp: 1795372591254\nexperiment_id: '7'\nlast_updated_timestamp: 1795372591277\nmodel_id: m-1\nmodel_type: agent\nname: net\n"
                                   "source_run_id: " + std::string(k_run) + "\nstatus: 2\nstatus_message: null\n");
    file("7/models/m-1/params/depth", "3");
    file("7/models/m-1/tags/t", "v");
    file("7/models/m-1/metrics/val/acc", "1795372591275 0.9 2 " + std::string(k_run) + "\n1795372591276 nan 3 " + std::string(k_run) + " data 0abc\n");
    file("7/models/m-1/artifacts/model.json", "not read");
    file("7/traces/tr-1/trace_info.yaml", "execution_duration_ms: 13\nrequest_preview: '{\"x\": 1}'\nrequest_time: '2026-11-22T18:36:31.293Z'\nresponse_preview: '2'\nstate: OK\ntrace_id: tr-1\n");
    file("7/traces/tr-1/request_metadata/mlflow.sourceRun", k_run);
    file("7/traces/tr-1/tags/k", "v");
    file("7/traces/tr-1/artifacts/traces.json", R"({"spans": [{"name": "f", "span_id": "uar/ktWANB4=", "attributes": {"mlflow.spanType": "\"TOOL\""}}, {"name": "g", "span_id": "not base64!="}]})");
    file("7/traces/tr-1/artifacts/metrics.json", "{}");
    file("7/traces/tr-1/assessments/a-1.yaml", "assessment_id: a-1\nassessment_name: good\ncreate_time: '2026-11-22T18:36:32.417Z'\nfeedback:\n  value: true\nrationale: because\nsource:\n  source_id: default\n"
                                               "  source_type: CODE\ntrace_id: tr-1\nvalid: true\n");
    file("7/traces/tr-1/assessments/a-2.yaml", "assessment_name: wanted\nexpectation:\n  serialized_value:\n    serialization_format: JSON_FORMAT\n    value: '{\"a\": 1}'\nvalid: false\n");
    // As MLflow 2 wrote it.
    file("7/traces/0abc/trace_info.yaml", "execution_time_ms: 5\nrequest_id: 0abc\nstatus: ERROR\ntimestamp_ms: 1748277355050\n");
    file("models/owl/meta.yaml", "aliases:\n  champ: '1'\ncreation_timestamp: 1795372592427\ndescription: null\nlast_updated_timestamp: 1795372592480\nname: owl\n");
    file("models/owl/tags/a", "b");
    file("models/owl/version-1/meta.yaml", "creation_timestamp: 1795372592444\ncurrent_stage: None\nmodel_id: m-1\nname: owl\nrun_id: " + std::string(k_run) + "\nsource: models:/m-1\nstatus: READY\nversion: 1\n");
    file("models/owl/version-1/tags/c", "d");
    auto found = lake();
    EXPECT_THAT(found.problems, IsEmpty());
    EXPECT_EQ(found.one("SELECT count(*) FROM all_runs"), "1") << "models and traces are no runs";
    EXPECT_EQ(found.one("SELECT key, value FROM mlflow_experiment_tags"), "kind|test");
    EXPECT_EQ(found.one("SELECT dataset_id, name, digest, source_type, schema, profile FROM mlflow_datasets"), "d1|train set|0abc|http|{}|-");
    EXPECT_THAT(found.rows("SELECT direction, link_id, i.source_type, source_id, destination_id = run_id, step, i.tags FROM mlflow_inputs i JOIN mlflow_runs USING (run_key) ORDER BY direction"),
                ElementsAre("inputs|i1|DATASET|d1|true|-|{\"mlflow.data.context\":\"training\"}", "outputs|m-1|RUN_OUTPUT|" + std::string(k_run) + "|false|3|{}"));
    EXPECT_EQ(found.one("SELECT model_id, name, model_type, status, source_run_id, experiment_id, lifecycle_stage, creation_time FROM mlflow_logged_models"),
              "m-1|net|agent|READY|" + std::string(k_run) + "|7|active|2026-11-22 18:36:31.254");
    EXPECT_EQ(found.one("SELECT p.key, p.value, t.key, t.value FROM mlflow_logged_model_params p JOIN mlflow_logged_model_tags t USING (experiment_key, model_id)"), "depth|3|t|v");
    EXPECT_THAT(found.rows("SELECT key, position, value, step, is_nan, run_id FROM mlflow_logged_model_metrics ORDER BY position"),
                ElementsAre("val/acc|0|0.9|2|false|" + std::string(k_run), "val/acc|1|-|3|true|" + std::string(k_run)));
    EXPECT_THAT(found.rows("SELECT trace_id, state, request_time, duration_ms, request_preview, response_preview FROM mlflow_traces ORDER BY trace_id"),
                ElementsAre("0abc|ERROR|2025-05-26 16:35:55.05|5|-|-", "tr-1|OK|2026-11-22 18:36:31.293|13|{\"x\": 1}|2"));
    EXPECT_THAT(found.rows("SELECT trace_id, position, name, span_id, span_type FROM mlflow_spans ORDER BY position"), ElementsAre("tr-1|0|f|b9aaff92d580341e|TOOL", "tr-1|1|g|not base64!=|-"));
    EXPECT_THAT(found.rows("SELECT kind, key, value FROM mlflow_trace_values ORDER BY kind"), ElementsAre("metadata|mlflow.sourceRun|" + std::string(k_run), "tag|k|v"));
    EXPECT_THAT(found.rows("SELECT assessment_id, name, kind, value, rationale, source_type, source_id, valid FROM mlflow_assessments ORDER BY 1"),
                ElementsAre("a-1|good|feedback|true|because|CODE|default|true", "a-2|wanted|expectation|{\"a\":1}|-|-|-|false"));
    EXPECT_EQ(found.one("SELECT name, description, aliases FROM mlflow_registered_models"), "owl|-|{\"champ\":\"1\"}");
    EXPECT_EQ(found.one("SELECT name, version, status, current_stage, run_id, model_id FROM mlflow_model_versions"), "owl|1|READY|None|" + std::string(k_run) + "|m-1");
    EXPECT_THAT(found.rows("SELECT name, version, key, value FROM mlflow_registered_tags ORDER BY version"), ElementsAre("owl||a|b", "owl|1|c|d"));
}

TEST_F(Mlflow, ABadFileBesideRunsCostsThatFile) {
    file("7/meta.yaml", "experiment_id: '7'\nname: three\n");
    file("7/models/m-1/meta.yaml", "name: [");
    file("7/models/m-2/meta.yaml", "name: fine\nstatus: 9\n");
    file("7/models/m-2/metrics/acc", "1795372591275 0.9 2\n");
    file("7/traces/tr-1/trace_info.yaml", "- a list");
    file("7/traces/tr-2/assessments/a-1.yaml", "name: {}");
    auto found = lake();
    EXPECT_EQ(found.problems.size(), 3U);
    EXPECT_EQ(found.one("SELECT model_id, status FROM mlflow_logged_models"), "m-2|9");
    EXPECT_EQ(found.one("SELECT assessment_id, kind FROM mlflow_assessments"), "a-1|-");
}

}  // namespace
}  // namespace runlake::lake
