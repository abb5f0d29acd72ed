// SPDX-License-Identifier: Apache-2.0
#include "ops/ledger_rows.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "ledger/layout.hpp"
#include "ledger/view.hpp"
#include "os/files.hpp"
#include "record/model.hpp"

namespace runlake::ops {
namespace {

using core::cat;

constexpr std::size_t k_most_named = 3;    // entries that a note names
constexpr std::size_t k_machine_id = 32;   // digits, of the name of a journal's folder

// A job's id names its row as a run's id does: it is 128 bits, too.
core::Result<core::RunId> row_id(const ledger::JobId& id) {
    const std::string_view hex = id.str();
    return core::RunId::parse(cat(hex.substr(0, 8), '-', hex.substr(8, 4), '-', hex.substr(12, 4), '-', hex.substr(16, 4), '-', hex.substr(20)));
}

std::optional<std::string> code_ref(const ledger::JobEntry& job) {
    if (!job.code_commit || job.code_commit->empty()) { return std::nullopt; }
    return job.code_dirty.value_or(false) ? *job.code_commit + "+dirty.unknown" : *job.code_commit;
}

core::Result<runs::ElsewhereRun> row_of(const ledger::JobEntry& job) {
    RL_ASSIGN(const core::RunId id, row_id(job.id));
    return runs::ElsewhereRun{.id = id,
                              .status = std::string(ledger::run_state_of(job.end)),
                              .machine = job.machine,
                              .started_at = job.started_at,
                              .finished_at = job.ended_at,
                              .duration_seconds = job.wallclock_s,
                              .code_ref = code_ref(job),
                              .params = *job.statepoint.as_object()};
}

runs::ElsewhereRun row_of(const ledger::RunEntry& run) {
    const std::string_view state = run.degraded ? record::state_name(record::RunState::degraded) : ledger::run_state_of(run.end);
    return runs::ElsewhereRun{.id = run.id,
                              .status = std::string(state),
                              .machine = run.machine,
                              .started_at = run.started_at,
                              .finished_at = run.ended_at,
                              .duration_seconds = run.wallclock_s,
                              .code_ref = run.code_ref,
                              .params = *run.params.as_object(),
                              .stage = run.stage,
                              .tenant = run.tenant};
}

core::Result<runs::ElsewhereRun> row_of(const ledger::Item& item) {
    if (!item.is_job()) {
        RL_ASSIGN(const ledger::RunEntry run, item.run());
        return row_of(run);
    }
    RL_ASSIGN(const ledger::JobEntry job, item.job());
    RL_ASSIGN(runs::ElsewhereRun row, row_of(job));
    RL_ASSIGN(const std::optional<ledger::Extra> extra, item.read_extra());
    if (extra && extra->run_id) {
        const auto run = core::RunId::parse(*extra->run_id);
        if (run.ok()) { row.recorded_as = run.value(); }
    }
    return row;
}

void tell(const std::vector<const ledger::LeftOut*>& entries, std::string_view why, Notes& notes) {
    if (entries.empty()) { return; }
    std::string note = cat(entries.size(), entries.size() == 1 ? " entry" : " entries", " of the ledger ", why, " left out:");
    for (std::size_t i = 0; i < std::min(entries.size(), k_most_named); ++i) {
        note += cat(i == 0 ? " " : "; ", entries[i]->path, ": ", entries[i]->why.message());
    }
    if (entries.size() > k_most_named) { note += cat("; and ", entries.size() - k_most_named, " more"); }
    notes.push_back(std::move(note));
}

runs::MachineLabels labels_of(const record::Store& store) {
    runs::MachineLabels labels;
    const auto folders = os::list_dir(store.journal());
    if (!folders.ok()) { return labels; }
    for (const os::DirEntry& folder : folders.value()) {
        if (folder.name.size() < k_machine_id + 2 || folder.name[k_machine_id] != '-') { continue; }
        std::string id = folder.name.substr(0, k_machine_id);
        // A machine that was renamed has several folders.
        if (labels.empty() || labels.back().first != id) { labels.emplace_back(std::move(id), folder.name.substr(k_machine_id + 1)); }
    }
    return labels;
}

}  // namespace

bool has_ledger(const record::Store& store) {
    return std::ranges::any_of(ledger::folders(store), [](const std::string& folder) { return os::is_dir(folder); });
}

OtherMachines OtherMachines::read(const record::Store& store, bool asked_for) {
    OtherMachines others;
    others.asked_for_ = asked_for;
    if (!asked_for) { return others; }
    const ledger::View view = ledger::View::open(store);
    others.labels_ = labels_of(store);
    std::vector<ledger::LeftOut> left_out = view.left_out();
    for (const ledger::Item& item : view.items()) {
        auto row = row_of(item);
        if (row.ok()) {
            others.runs_.push_back(std::move(row).take());
        } else {
            left_out.push_back({std::string(item.path), std::move(row).take_error()});
        }
    }
    std::vector<const ledger::LeftOut*> later;
    std::vector<const ledger::LeftOut*> damaged;
    for (const ledger::LeftOut& entry : left_out) { (entry.why.code() == core::Errc::unsupported ? later : damaged).push_back(&entry); }
    tell(damaged, damaged.size() == 1 ? "can't be read and was" : "can't be read and were", others.notes_);
    tell(later, later.size() == 1 ? "is of a later version and was" : "are of a later version and were", others.notes_);
    return others;
}

core::Status OtherMachines::add_to(runs::Session& session) const {
    return asked_for_ ? runs::add_elsewhere(session.connection(), runs_, labels_) : core::ok();
}

void OtherMachines::add_notes(Notes& notes) const { notes.insert(notes.end(), notes_.begin(), notes_.end()); }

core::Status add_machine_column(std::vector<runs::ColumnSpec>& columns) {
    if (std::ranges::find(columns, "machine", &runs::ColumnSpec::name) != columns.end()) { return core::ok(); }
    RL_ASSIGN(runs::ColumnSpec machine, runs::parse_column("machine"));
    columns.push_back(std::move(machine));
    return core::ok();
}

}  // namespace runlake::ops
