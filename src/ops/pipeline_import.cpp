// SPDX-License-Identifier: Apache-2.0
// Imports a pipeline of DVC.
#include "ops/pipeline_import.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "core/text.hpp"
#include "ops/pipeline_open.hpp"
#include "os/files.hpp"
#include "os/lease.hpp"
#include "os/system.hpp"
#include "pipeline/plan.hpp"
#include "record/recorder.hpp"
#include "record/store.hpp"
#include "rundir/layout.hpp"
#include "rundir/publish.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;

// Publishes what is done already in a new run directory: with the keys that the first `pipeline run` will ask for, so that it reuses them.
class Adoption {
  public:
    Adoption(const OpenPipeline& open, record::Store store) : open_(open), store_(std::move(store)), results_(open.graph.instances.size()) {}

    core::Status adopt(const std::set<std::string>& done, PipelineImportResponse& response) {
        pipeline::PlanOptions options;
        options.store_dir = store_.dir;
        RL_ASSIGN(const std::unique_ptr<pipeline::Planner> planner, pipeline::Planner::begin(open_.resolved, open_.graph, options));
        for (std::size_t i = 0; i < open_.graph.instances.size(); ++i) {
            const pipeline::Instance& instance = open_.graph.instances[i];
            const bool has_inputs = std::all_of(instance.needs.begin(), instance.needs.end(), [&](std::size_t need) { return results_[need] != nullptr; });
            if (!done.contains(instance.which.stage) || !has_inputs) { continue; }
            RL_TRY(adopt_one(i, *planner));
            if (results_[i] != nullptr) { response.done.push_back(instance.which.stage); }
        }
        if (run_dir_) { response.run_dir = run_dir_->path(); }
        return record_run();
    }

  private:
    core::Status adopt_one(std::size_t index, pipeline::Planner& planner) {
        const pipeline::Instance& instance = open_.graph.instances[index];
        RL_ASSIGN(const pipeline::Decision decision, planner.decide(index, run_dir_, results_));
        if (decision.action == pipeline::Action::reuse || decision.action == pipeline::Action::skip) {
            results_[index] = decision.result;   // of an earlier import or run
            return core::ok();
        }
        if (decision.action != pipeline::Action::run || !decision.key || decision.reason == pipeline::Reason::code_unknown) { return core::ok(); }
        RL_TRY(open_run_dir());
        RL_ASSIGN(const std::unique_ptr<os::Lease> lease, run_dir_->take_lease(instance.which, "pipeline import"));
        RL_ASSIGN(const std::unique_ptr<rundir::Staging> staging, rundir::Staging::begin(*run_dir_, instance.which));
        const core::Timestamp now = os::system_clock().now();
        rundir::DoneRecord done{.which = instance.which,
                                .key = *decision.key,
                                .run_id = run_dir_->info().run_id,
                                .published_by = run_dir_->info().run_id,
                                .started_at = now,
                                .finished_at = now,
                                .isolation = "imported",
                                .inputs = decision.inputs};
        for (const pipeline::DeclaredPath& write : instance.writes) { done.writes.push_back(write.logical()); }
        std::vector<std::string> missing;
        RL_ASSIGN(done.workspace, planner.workspace_outputs(index, missing));
        if (!missing.empty()) { return core::ok(); }
        RL_ASSIGN(const rundir::DoneRecord published, rundir::publish(*run_dir_, *staging, done));
        RL_TRY(rundir::remember(store_.dir, *run_dir_, published));
        RL_ASSIGN(results_[index], pipeline::open_result(*run_dir_, published));
        return core::ok();
    }

    core::Status open_run_dir() {
        if (run_dir_) { return core::ok(); }
        const pipeline::PipelineFile& file = open_.resolved.file;
        const rundir::CreateOptions options{.run_id = os::new_run_id(),
                                            .experiment_key = file.experiment_key,
                                            .config_text = open_.resolved.config_text(),
                                            .pipeline_file = os::relative_inside(file.path, file.project_root).value_or(os::base_name(file.path)),
                                            .roots = open_.resolved.roots};
        RL_ASSIGN(run_dir_, rundir::RunDir::create(open_.resolved.run_dir_base, options, os::system_clock()));
        return core::ok();
    }

    // The run that the results name as theirs: it says where they are from.
    core::Status record_run() const {
        if (!run_dir_) { return core::ok(); }
        const std::unique_ptr<record::Recorder> recorder = record::Recorder::open(store_, {});
        record::RunSpec spec;
        spec.id = run_dir_->info().run_id;
        spec.stage = "pipeline import";
        spec.config_path = open_.resolved.file.path;
        spec.tags.set("run_dir", os::base_name(run_dir_->path())).set("experiment_key", open_.resolved.file.experiment_key);
        RL_ASSIGN(const std::unique_ptr<record::Run> run, recorder->start(std::move(spec)));
        return run->finish({});
    }

    const OpenPipeline& open_;
    record::Store store_;
    std::optional<rundir::RunDir> run_dir_;
    pipeline::Results results_;
};

core::Status write_output(const PipelineImportRequest& request, const pipeline::DvcPipeline& dvc, const std::string& text) {
    const std::string& output = *request.output;
    RL_ASSIGN(const std::string absolute, os::absolute_path(output));
    const std::string folder = os::parent_path(absolute);
    const std::string root = record::find_project_root(folder).value_or(folder);
    if (root != dvc.file.project_root) {
        return Error(Errc::conflict, cat("writing ", output, ": it would belong to the project ", root, ", and the stages of ", request.file, " to ", dvc.file.project_root));
    }
    auto written = os::publish_file(absolute, text, 0644, os::Existing::keep, os::Durability::process, os::point::export_write);
    if (!written.ok() && written.error().code() == Errc::conflict) {
        return Error(Errc::conflict, cat("writing ", output, ": it is there already and is not overwritten"));
    }
    return written;
}

}  // namespace

bool PipelineImportResponse::is_whole() const {
    return std::none_of(remarks.begin(), remarks.end(), [](const pipeline::DvcRemark& remark) { return remark.lost; });
}

core::Result<PipelineImportResponse> pipeline_import(const PipelineImportRequest& request) {
    RL_ASSIGN(pipeline::DvcPipeline dvc, pipeline::read_dvc(request.file));
    // What is wrong with the stages together is told by its place in dvc.yaml, before anything is written.
    RL_ASSIGN(const pipeline::Resolved resolved, pipeline::resolve(dvc.file, {}));
    auto graph = pipeline::build_graph(resolved);
    if (!graph.ok()) { return std::move(graph).take_error(); }
    PipelineImportResponse response;
    response.file = request.file;
    response.output = request.output;
    response.text = pipeline::dvc_pipeline_text(dvc);
    if (auto read_again = pipeline::parse_pipeline(response.text, "the pipeline file", dvc.file.project_root); !read_again.ok()) {
        return Error(read_again.error().code(), cat("carrying ", request.file, " over: ", read_again.error().message()));
    }
    // What is done is a saving: where it can't be told or kept, the stages run again.
    auto locked = pipeline::dvc_done(dvc, response.notes);
    if (!locked.ok()) { response.notes.push_back(cat("every stage counts as not done: ", locked.error().message())); }
    const std::vector<std::size_t> done = std::move(locked).value_or({});
    response.stages = dvc.stages;
    response.remarks = dvc.remarks;
    if (!request.output) { return response; }
    RL_TRY(write_output(request, dvc, response.text));
    if (done.empty()) { return response; }
    std::set<std::string> names;
    for (const std::size_t i : done) { names.insert(dvc.stages[i].name); }
    RL_ASSIGN(record::Store store, record::open_store(request.store, record::OpenStore::create));
    RL_ASSIGN(const OpenPipeline open, open_pipeline({*request.output, std::nullopt, {}}));
    const core::Status adopted = Adoption(open, std::move(store)).adopt(names, response);
    if (!adopted.ok()) { response.notes.push_back(cat("what is done is not taken over whole: ", adopted.error().message())); }
    return response;
}

core::Json to_json(const PipelineImportResponse& response) {
    core::Json stages = core::Json::array();
    for (const pipeline::DvcStage& stage : response.stages) {
        core::Json one = core::Json::object();
        const bool done = std::find(response.done.begin(), response.done.end(), stage.name) != response.done.end();
        stages.push(one.set("stage", stage.name).set("dvc_stage", stage.dvc_name).set("done", done));
    }
    core::Json remarks = core::Json::array();
    for (const pipeline::DvcRemark& remark : response.remarks) {
        core::Json one = core::Json::object();
        remarks.push(one.set("line", remark.at.line).set("column", remark.at.column).set("message", remark.what).set("lost", remark.lost));
    }
    core::Json notes = core::Json::array();
    for (const std::string& note : response.notes) { notes.push(note); }
    core::Json record = core::Json::object();
    record.set("file", response.file).set("output", core::Json(response.output)).set("run_dir", core::Json(response.run_dir)).set("whole", response.is_whole());
    return record.set("stages", std::move(stages)).set("remarks", std::move(remarks)).set("notes", std::move(notes)).set("text", response.text);
}

}  // namespace runlake::ops
