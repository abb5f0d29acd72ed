// SPDX-License-Identifier: Apache-2.0
// Source "mlflow": golden rows of a store that was written by hand, every way in which a file can be wrong, and a store that MLflow wrote.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.hpp"
#include "tests/unit/lake/small_lake.hpp"

namespace runlake::lake {
namespace {

using testing::fill_lake;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

constexpr const char* k_run = "0123456789abcdef0123456789abcdef";
constexpr const char* k_gone = "00000000000000000000000000000001";

class Mlflow : public ::testing::Test {
  protected:
    void file(const std::string& rel, const std::string& text) const {
        fs::create_directories(fs::path(root_ + "/" + rel).parent_path());
        std::ofstream(root_ + "/" + rel, std::ios::binary) << text;
    }
    void run(const std::string& where, const std::string& id, const std::string& more = "") const {
        file(where + "/" + id + "/meta.yaml", "artifact_uri: file:///x/artifacts\nend_time: 1748277355114\nentry_point_name: ''\nexperiment_id: '7'\nlifecycle_stage: active\nrun_id: " + id +
                                                  "\nrun_name: 1e5\nrun_uuid: " + id + "\nsource_name: ''\nsource_type: 4\nsource_version: ''\nstart_time: 1748277355049\nstatus: 3\n" +
                                                  "tags: []\nuser_id: user\n" + more);
        fs::create_directories(root_ + "/" + where + "/" + id + "/metrics");
    }
    runlake::testing::TempDir folder_;
    std::string root_ = fs::canonical(folder_.path()).string() + "/mlruns";
};

TEST_F(Mlflow, ReadsExperimentsRunsValuesAndSeries) {
    file("7/meta.yaml", "artifact_location: file:///x\ncreation_time: 1748277340000\nexperiment_id: '7'\nlast_update_time: 1748277340001\nlifecycle_stage: active\nname: heights\n");
    run("7", k_run);
    file("7/" + std::string(k_run) + "/params/lr", "0.1");
    file("7/" + std::string(k_run) + "/params/model/depth", "two\nlines");
    file("7/" + std::string(k_run) + "/params/empty", "");
    file("7/" + std::string(k_run) + "/params/._lr", "left by a system");
    file("7/" + std::string(k_run) + "/tags/mlflow.runName", "1e5");
    file("7/" + std::string(k_run) + "/metrics/loss", "1748277355050 0.5 0\n1748277355052 0.25 2\n1748277355051 0.3 1\n");
    file("7/" + std::string(k_run) + "/metrics/val/acc", "1748277355050 nan\n1748277355051 -inf 3 data 0abc\n");
    file("7/" + std::string(k_run) + "/artifacts/metrics.json", "{}");
    auto lake = fill_lake({root_});
    EXPECT_THAT(lake.problems, IsEmpty());
    EXPECT_THAT(lake.rows("SELECT * EXCLUDE experiment_key FROM mlflow_experiments"),
                ElementsAre("7|heights|active|2025-05-26 16:35:40|2025-05-26 16:35:40.001|file:///x|meta.yaml"));
    EXPECT_EQ(lake.one("SELECT * EXCLUDE run_key FROM mlflow_runs"), std::string(k_run) + "|1e5|7|FINISHED|completed|active|2025-05-26 16:35:55.049|2025-05-26 16:35:55.114|-|user||LOCAL|||"
                                                                                          "file:///x/artifacts|meta.yaml");
    EXPECT_THAT(lake.rows("SELECT key, value, rel_path FROM mlflow_params ORDER BY key"), ElementsAre("empty||params/empty", "lr|0.1|params/lr", "model/depth|two\nlines|params/model/depth"));
    EXPECT_THAT(lake.rows("SELECT key, value FROM mlflow_tags"), ElementsAre("mlflow.runName|1e5"));
    EXPECT_THAT(lake.rows("SELECT key, position, value, epoch_ms(timestamp), step, is_nan FROM mlflow_metrics ORDER BY key, position"),
                ElementsAre("loss|0|0.5|1748277355050|0|false", "loss|1|0.25|1748277355052|2|false", "loss|2|0.3|1748277355051|1|false", "val/acc|0|-|1748277355050|0|true",
                            "val/acc|1|-inf|1748277355051|3|false"));
    EXPECT_EQ(lake.one("SELECT source, run_id, name, state, started_at, finished_at, params, metrics FROM all_runs"),
              "mlflow|" + std::string(k_run) + "|1e5|completed|2025-05-26 16:35:55.049|2025-05-26 16:35:55.114|{\"empty\":\"\",\"lr\":\"0.1\",\"model/depth\":\"two\\nlines\"}|"
                                               "{\"loss\":0.25,\"val/acc\":null}");
    EXPECT_EQ(lake.one("SELECT json_extract_string(params, '$.lr') FROM all_runs"), "0.1");
}

TEST_F(Mlflow, DeletedRunsAndExperimentsAreThere) {
    run("7", k_run, "deleted_time: 1748277360000\n");
    std::string text;
    std::getline(std::ifstream(root_ + "/7/" + k_run + "/meta.yaml"), text, '\0');
    text.replace(text.find("active"), 6, "deleted");
    file("7/" + std::string(k_run) + "/meta.yaml", text);
    file(".trash/8/meta.yaml", "experiment_id: '8'\nlifecycle_stage: deleted\nname: old\n");
    run(".trash/8", k_gone);
    file(".other/9/meta.yaml", "experiment_id: '9'\n");
    auto lake = fill_lake({root_});
    EXPECT_THAT(lake.problems, IsEmpty());
    EXPECT_THAT(lake.rows("SELECT run_id, status, state, deleted_time FROM mlflow_runs ORDER BY run_id"),
                ElementsAre(std::string(k_gone) + "|FINISHED|completed|-", std::string(k_run) + "|FINISHED|deleted|2025-05-26 16:36:00"));
    EXPECT_THAT(lake.rows("SELECT experiment_id, lifecycle_stage FROM mlflow_experiments"), ElementsAre("8|deleted"));
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
    file(base + "/metrics/step", "1 2 3.5\n");
    file(base + "/metrics/time", "later 2 3\n");
    file("7/meta.yaml", "name: [\n");
    auto lake = fill_lake({root_});
    std::vector<std::string> told;
    for (const auto& [source, problem] : lake.problems) { told.push_back(problem.rel_path + ":" + (problem.line ? std::to_string(*problem.line) : "") + " " + problem.message); }
    EXPECT_THAT(told, ::testing::UnorderedElementsAre("metrics/empty: it holds no value", "metrics/fields:2 line 2: a value has 2, 3 or 5 fields, not 4",
                                                      "metrics/number:1 line 1: the value is no number", "metrics/step:1 line 1: the step is no whole number",
                                                      "metrics/time:1 line 1: the time is no whole number", "meta.yaml: status is none of MLflow's: 9", HasSubstr("meta.yaml:1 reading document: line 1, ")));
    EXPECT_THAT(lake.rows("SELECT key FROM mlflow_metrics"), ElementsAre("good"));
    EXPECT_THAT(lake.rows("SELECT run_id FROM all_runs"), ElementsAre(k_run));
}

TEST_F(Mlflow, FoldersThatAreNoneAreLeftAlone) {
    file("docs/meta.yaml", "title: a page\n");
    file("7/meta.yaml.bak", "x");
    auto lake = fill_lake({root_});
    EXPECT_THAT(lake.units.units, IsEmpty());
    EXPECT_THAT(lake.problems, IsEmpty());
}

}  // namespace
}  // namespace runlake::lake
