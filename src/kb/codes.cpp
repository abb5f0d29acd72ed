// SPDX-License-Identifier: Apache-2.0
#include "kb/codes.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "core/text.hpp"

namespace runlake::kb {
namespace {

constexpr std::string_view k_kb = "aexp.validation_failed";
constexpr Severity k_error = Severity::error;
constexpr Severity k_warning = Severity::warning;
constexpr Severity k_note = Severity::note;

constexpr std::array k_codes = std::to_array<CodeInfo>({
    // The knowledge base, by check.
    {k_kb, "filesystem", k_error, false, "The folder kb, kb/ACTIVE.md or kb/mission/CHALLENGE.md is missing, or a note can't be read (permission, more than 16 MiB, no regular file).",
     "Run `runlake install`, which writes what is missing; make an unreadable note readable, or split it.", "Do not create empty files in their place: their headings and links are checked too."},
    {k_kb, "filename", k_error, false, "A Markdown file in a folder of notes is not named by its id and a slug, as E001-warmup.md is.", "Rename it, or move what is no note out of the folder.",
     "Do not change the ids of other notes to make room."},
    {k_kb, "duplicate_id", k_error, false, "Two files have one id.", "Give the younger one the next free id: rename it, and change `id`, `aliases` and the links to it.", "Do not delete either note."},
    {k_kb, "alias", k_error, false, "Two notes claim one link name, so that a link could mean either.", "Take the alias out of one of them.", ""},
    {k_kb, "structure", k_error, false, "ACTIVE, CHALLENGE or DASHBOARD lacks a heading that readers rely on.", "Add the heading, with a line of text below it.", ""},
    {k_kb, "aliases", k_error, false, "The note's own id is not among its `aliases`, so that links by id would not find it in other tools.", "Add it: aliases: [\"E001\"].", ""},
    {k_kb, "metadata", k_error, false, "A field that this kind of note needs is empty, or `id` is not the id in the file's name.",
     "Fill the field in the front matter or as a line `> **Name**: value`; make `id` agree with the file's name.", "Do not fill in what you do not know: ask."},
    {k_kb, "front_matter", k_error, false, "The YAML between the --- lines can't be read, is no mapping, or never ends.", "Mend it at the line that is named; quote texts with colons or brackets in them.",
     "Do not remove the front matter: citations stand in it."},
    {k_kb, "reference", k_error, false, "A field names a note that is missing or of another kind, or a finding's hypothesis is not its experiment's.", "Name the note that is meant, or create it with `runlake kb new`.",
     "Do not create an empty note only to silence this."},
    {k_kb, "conditions_schema", k_error, false, "`conditions` of an experiment is not a mapping of names to mappings of names to values.", "Write them as {name: {parameter: value}}; quote dates.", ""},
    {k_kb, "missing_template_header", k_error, false, "A hypothesis, experiment, finding or thread lacks a heading of its template.", "Add the heading; `none yet` is a fine text for it.", "Do not rename other headings to it."},
    {k_kb, "links", k_error, false, "The section Links is missing or empty, a link leads to no note, or a link that this kind needs is not there.", "Add `- [[ID]]` below `## Links`, or correct the name in the link.", ""},
    {k_kb, "backlink", k_error, false, "A note does not link back to one that names it as its parent.", "Add `- [[ID]]` below `## Links` of the parent; `runlake kb new` does it by itself.", ""},
    {k_kb, "scope", k_error, false, "A file was named that is neither a note of the knowledge base nor a document in which citations are looked for.", "Name a note, or a .md, .qmd, .Rmd, .tex or .ipynb file of the project.", ""},
    {"aexp.validator_unavailable", "", k_error, false, "The knowledge base could not be looked at as a whole.", "Look at the reason in the message: a folder that can't be listed, usually.", "This says nothing about the notes themselves."},
    // Runs of this machine.
    {"run.status_invalid", "", k_error, false, "The document of a job says a status that is none of created, queued, running, complete, failed, abandoned, stopped.", "`runlake job mark ID STATUS` sets a valid one.",
     "Do not edit the ledger entry: it is written again from the job."},
    {"run.orphan", "", k_error, false, "A job belongs to no experiment.", "`runlake link ID --experiment E###`.", "Do not delete the job: its results may be cited."},
    {"run.broken_experiment_link", "", k_error, false, "The experiment that a job is linked to has no note, or two.", "Create the note with `runlake kb new experiment`, or link the job to the right one with `runlake link`.",
     "Do not link it to whichever experiment exists."},
    {"run.hypothesis_mismatch", "", k_error, false, "A job names a hypothesis that is neither its experiment's nor one of its sub-hypotheses.", "`runlake link ID --experiment E### --hypothesis H###` with the right one.", ""},
    {"run.sub_hypothesis_unlisted", "", k_error, false, "A job names a sub-hypothesis that its experiment does not list.", "Add it to `sub_hypotheses` of the experiment, or link the job without it.", ""},
    {"run.unreadable", "", k_error, false, "A job of the local store is damaged: a file is missing, is no JSON, or its state point is not the one its id was made of.",
     "Restore the folder from a copy, or move it out of the workspace; its ledger entry stays valid.", "Do not edit the state point until the id fits: it would be another run."},
    // Citations.
    {"finding.broken_run_citation", "", k_error, true,
     "A citation is not written as one, or names a run that is neither in the local store, nor in the ledger, nor in an index of another machine. What is miswritten is an error under every --strict-runs.",
     "Correct the id. When the run was made on another machine: `runlake ledger backfill` there, commit and push, pull here.",
     "Do not remove the citation or put in another run because this machine does not have it."},
    {"finding.empty_batch", "", k_error, true, "A batch matches no run anywhere.", "Correct `experiment_id` and `selector` (values are typed: \"1\" is not 1), or pull the ledger of the machine that ran it.",
     "Do not empty the selector to make it match."},
    {"finding.ambiguous_run", "", k_error, false, "Several runs begin with the id that is cited.", "Write more of the id.", ""},
    {"finding.absent_run_citation", "", k_warning, false, "The run is only in another machine's index: it exists, its entry is not here.", "`runlake ledger backfill` on that machine, commit and push, pull here.",
     "The citation is good: do not change it."},
    {"finding.absent_batch_runs", "", k_warning, false, "The batch matches runs that are only in another machine's index.", "`runlake ledger backfill` on that machine, commit and push, pull here.", "The citation is good: do not change it."},
    {"finding.no_run_store", "", k_warning, false, "There is no run store, no ledger entry and no index, so that no citation could be looked up.", "Pull the ledger, or run `runlake install` where runs are made.",
     "Do not change citations: nothing is known against them."},
    {"finding.malformed_value", "", k_error, false, "A quoted number or the name of its metric can't be read, or the number belongs to no single run.",
     "Write it as value: {metric: \"0.30\"}; inline, put the comment right behind the number; quote from one job or run.", ""},
    {"finding.value_mismatch", "", k_error, false, "The run's metric is not within half a unit of the last digit of the number that is quoted.", "Quote what the run says, rounded; or cite the run that the number came from.",
     "Do not edit metrics, documents or ledger entries: they are what happened. Do not cut digits until it fits without saying so."},
    {"finding.unknown_metric", "", k_error, false, "The run's metrics are known, and there is none of that name, no such step, or it is no finite number.", "Correct the name; the message lists the nearest.", ""},
    {"finding.unchecked_value", "", k_warning, true, "The run is known, but no metrics of it on this machine, or not the series that is asked for.",
     "`runlake ledger backfill --overwrite` on the machine that ran it, commit and push, pull here; steps of a series are known only there.", "The number may well be right: do not change it."},
    {"document.unreadable", "", k_error, false, "A document with citations can't be read: no permission, too large, or a notebook that is no JSON.", "Make it readable, or mend it.", ""},
    {"ledger.unreadable", "", k_error, false, "An entry of the ledger is damaged, of a later version, or another run's: it counts for no citation.",
     "`runlake ledger verify` says more, `--fix` resolves merge conflicts; update Runlake for a later version; else restore the file from git.", "Do not edit the entry by hand."},
    // --claims.
    {"claim.not_complete", "", k_note, false, "A cited run did not end as complete.", "Cite one that did, or say in the finding why this one counts.", "Never counted: decide, do not silence."},
    {"claim.dirty", "", k_note, false, "A cited run had uncommitted changes in its code, so that its commit alone does not give it again.", "Run it again from a commit, or keep the patch and say so.", "Never counted."},
    {"claim.other_experiment", "", k_note, false, "A cited run belongs to another experiment than the finding.", "Check that it is the run that is meant.", "Never counted: do not link the run to another experiment for this."},
    {"claim.not_replayed", "", k_note, false, "A cited run was never replayed, or its last replay did not find it the same.", "`runlake replay run`, where it is there.", "Never counted."},
    {"claim.cited_twice", "", k_note, false, "A note cites one run more than once in its front matter.", "Put the values into one citation.", "Never counted."},
});

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '|') { out += '\\'; }
        out += c;
    }
    return out;
}

}  // namespace

std::string_view severity_name(Severity severity) {
    switch (severity) {
        case Severity::error: return "error";
        case Severity::warning: return "warning";
        case Severity::note: return "note";
    }
    std::abort();
}

std::span<const CodeInfo> codes() { return k_codes; }

const CodeInfo& info_of(std::string_view code, std::string_view check) {
    const auto found = std::ranges::find_if(k_codes, [&](const CodeInfo& one) { return one.code == code && one.check == check; });
    if (found == k_codes.end()) { std::abort(); }   // an issue without a row is a defect of ours
    return *found;
}

const CodeInfo& info_of(const Issue& issue) { return info_of(issue.code, issue.check); }

std::string hint_of(const CodeInfo& info) { return info.leave.empty() ? std::string(info.fix) : core::cat(info.fix, ' ', info.leave); }

std::string codes_page() {
    std::string page =
        "# What `runlake validate` can say\n\n"
        "Made from the table in `src/kb/codes.cpp` by `runlake __codes docs/reference`; a test holds them together.\n\n"
        "Errors and warnings are counted; notes, which only `--claims` asks for, are not. `--strict-runs warn` turns those marked with * into warnings and `off` leaves them unsaid; what is\n"
        "written wrong stays an error. Faults of the knowledge base share one code and are told apart by their check.\n";
    std::string_view before;
    for (const CodeInfo& info : k_codes) {
        const std::string_view group = info.code.substr(0, info.code.find('.'));
        if (group != before) {
            page += core::cat("\n## ", group == "aexp" ? "The knowledge base" : group == "run" ? "Runs of this machine" : group == "claim" ? "With `--claims`" : group == "finding" ? "Citations" : group == "document" ? "Documents" : "The ledger",
                              "\n\n| code | severity | cause | what to do | what to leave |\n|---|---|---|---|---|\n");
            before = group;
        }
        page += core::cat("| `", info.code, '`', info.check.empty() ? "" : core::cat(" `", info.check, '`'), " | ", severity_name(info.severity), info.by_strict_runs ? "*" : "", " | ", escaped(info.cause), " | ", escaped(info.fix), " | ",
                          escaped(info.leave), " |\n");
    }
    return page;
}

}  // namespace runlake::kb
