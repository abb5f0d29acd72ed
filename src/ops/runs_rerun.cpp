// SPDX-License-Identifier: Apache-2.0
#include "ops/runs_rerun.hpp"

#include "core/redact.hpp"
#include "core/text.hpp"
#include "ops/runs_show.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;

bool is_redacted(std::string_view text) { return text.find(core::k_redacted) != std::string_view::npos; }

core::Result<std::vector<std::string>> recorded_program(const runs::RunDocument& document) {
    const std::string who = cat("running ", document.id.brief(), " again");
    std::vector<std::string> program;
    const core::Result<core::Json> argv = core::parse_json(document.text("argv"), "argv");
    if (argv.ok() && argv.value().as_array() != nullptr) {
        for (const core::Json& word : *argv.value().as_array()) {
            if (word.as_string() != nullptr) { program.push_back(*word.as_string()); }
        }
    }
    if (program.empty()) { return Error(Errc::conflict, cat(who, ": it was recorded from inside its program, so its command is not known")); }
    for (std::size_t i = 0; i < program.size(); ++i) {
        if (is_redacted(program[i])) {
            return Error(Errc::conflict, cat(who, ": argument ", i, " (", program[i], ") held a secret, which was not kept; run it yourself: runlake run -- PROGRAM"));
        }
    }
    return program;
}

core::Result<std::string> recorded_folder(const runs::RunDocument& document, const record::Store& store) {
    const std::string recorded = document.text("working_dir");
    const std::string folder = os::lexically_normal(os::join_path(store.root.empty() ? store.dir : store.root, recorded.empty() ? "." : recorded));
    if (!os::is_dir(folder)) {
        const std::string host = document.text("host");
        return Error(Errc::conflict, cat("running ", document.id.brief(), " again: its folder ", folder, " is not there",
                                         document.text("machine") == os::machine_id() ? "" : cat("; it ran on ", host)));
    }
    return folder;
}

}  // namespace

core::Result<RunsRerunResponse> runs_rerun(const RunsRerunRequest& request) {
    RL_ASSIGN(RunsShowResponse shown, runs_show({request.scope, request.id}));
    const runs::RunDocument& document = shown.document;
    RunRequest run;
    RL_ASSIGN(run.program, recorded_program(document));
    RL_ASSIGN(std::string folder, recorded_folder(document, request.scope.store));
    run.store = request.scope.store.dir;
    run.stage = document.text("stage");
    if (std::string tenant = document.text("tenant_id"); !tenant.empty()) { run.tenant = std::move(tenant); }
    if (std::string config = document.text("config_path"); !config.empty()) { run.config = std::move(config); }
    run.rows_in = document.integer("rows_in");
    for (const runs::InputLine& input : document.inputs) { run.inputs.push_back(input.path); }
    for (const auto& [name, value] : document.params) {
        if (value.is_string() && is_redacted(*value.as_string())) {
            shown.notes.push_back(cat("parameter ", name, " held a secret, which was not kept: the new run is recorded without it"));
        } else {
            run.params.set(name, value);
        }
    }
    for (const auto& [name, value] : document.tags) { run.tags.set(name, value); }
    run.tags.set("rerun_of", document.id.str());
    return RunsRerunResponse{document.id, std::move(run), std::move(folder), std::move(shown.notes)};
}

}  // namespace runlake::ops
