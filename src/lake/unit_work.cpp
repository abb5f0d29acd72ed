// SPDX-License-Identifier: Apache-2.0
#include "lake/unit_work.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "core/text.hpp"
#include "lake/registry_tables.hpp"

namespace runlake::lake {
namespace {

using core::cat;
using core::Status;

constexpr std::string_view k_gz = ".gz";

std::string plain_of(const Offer& offer) { return plain_path(offer.file().rel_path); }

// Two files of one unit that name the same: the first counts.
class Named {
  public:
    // Empty when `rows` name nothing that was named before; they count then.
    std::string add(const FileRows& rows, const std::string& rel_path) {
        std::vector<std::string> keys;
        for (std::size_t t = 0; t < rows.table_count(); ++t) {
            const Table& table = rows.table(t);
            if (table.key != KeyCheck::checked || key_width(table) == 0) { continue; }
            for (std::size_t r = 0; r < rows.row_count(t); ++r) {
                std::string key = cat(table.name, '/', rows.key_of(t, r));
                if (const auto found = first_.find(key); found != first_.end()) {
                    return cat("it gives a row of ", table.name, " with ", rows.key_shown(t, r), ", as ", *found->second, " has done before");
                }
                keys.push_back(std::move(key));
            }
        }
        const auto* const path = &*paths_.insert(rel_path).first;
        for (auto& key : keys) { first_.emplace(std::move(key), path); }
        return {};
    }

  private:
    std::set<std::string> paths_;
    std::unordered_map<std::string, const std::string*> first_;
};

}  // namespace

UnitWork::UnitWork(Unit unit, UnitFiles files, std::string digest, std::optional<KnownContent> known, const WorkOptions& options)
    : unit_(std::move(unit)), files_(std::move(files)), digest_(std::move(digest)), known_(std::move(known)), options_(options) {
    doomed_.unit_key = unit_.key;
    doomed_.source = unit_.source;
    doomed_.is_known = known_.has_value();
    if (known_ && !options_.full && unit_.source->changed != nullptr) { doomed_.things = unit_.source->changed(unit_, files_, known_->files); }
    doomed_.all = options_.full || (is_read_whole() && !doomed_.things);
    plan();
    left_ = steps_.size();
}

bool UnitWork::is_form_known(const Form& form) const {
    if (!known_ || options_.full) { return false; }
    const auto found = known_->files.find(form.file.rel_path);
    return found != known_->files.end() && !found->second.sha256.empty() && found->second.is_same(form.stamp);
}

// Other bytes, or another set of forms.
bool UnitWork::has_offer_changed(const Offer& offer) const {
    if (!known_ || options_.full) { return true; }
    const std::string plain = plain_of(offer);
    const std::size_t before = known_->files.count(plain) + known_->files.count(plain + std::string(k_gz));
    return before != offer.forms.size() || !std::all_of(offer.forms.begin(), offer.forms.end(), [&](const Form& form) { return is_form_known(form); });
}

const KnownState* UnitWork::state_of(const Extractor& extractor, const Offer& offer) const {
    if (!known_ || options_.full) { return nullptr; }
    const auto found = known_->states.find({std::string(extractor.name), plain_of(offer)});
    return found != known_->states.end() ? &found->second : nullptr;
}

void UnitWork::add_step(const Extractor& extractor, std::vector<std::size_t> offers, bool wants_rows) {
    Step step;
    step.extractor = &extractor;
    step.wants_rows = wants_rows;
    for (const auto at : offers) { step.bytes += files_.offers[at].forms.front().stamp.size; }
    step.offers = std::move(offers);
    steps_.push_back(std::move(step));
}

void UnitWork::plan_extractor(const Extractor& extractor) {
    std::vector<std::size_t> taken;
    std::set<std::string> plain_paths;
    bool any_changed = false;
    std::vector<std::size_t> again;
    for (std::size_t i = 0; i < files_.offers.size(); ++i) {
        const Offer& offer = files_.offers[i];
        if (!extractor.takes(offer.file())) { continue; }
        taken.push_back(i);
        if (known_) { plain_paths.insert(plain_of(offer)); }
        const auto* state = state_of(extractor, offer);
        if (has_offer_changed(offer) || state == nullptr || !state->parse_ok) { again.push_back(i); }
    }
    any_changed = !again.empty();
    // What it made of files that have gone.
    if (known_ && !options_.full) {
        for (const auto& [key, state] : known_->states) {
            if (key.first != extractor.name || plain_paths.contains(key.second)) { continue; }
            any_changed = true;
            doomed_.files.push_back({&extractor, key.second});
            doomed_.files.push_back({&extractor, key.second + std::string(k_gz)});
        }
    }
    if (extractor.reading == Reading::together) {
        if (!any_changed) { return; }
        doomed_.wholes.push_back(&extractor);
        if (!taken.empty()) { add_step(extractor, std::move(taken), true); }
        return;
    }
    for (const auto at : again) {
        if (known_) {
            const std::string plain = plain_of(files_.offers[at]);
            doomed_.files.push_back({&extractor, plain});
            doomed_.files.push_back({&extractor, plain + std::string(k_gz)});
        }
        add_step(extractor, {at}, true);
    }
    if (!extractor.tells) { return; }
    for (const auto at : taken) {
        if (std::find(again.begin(), again.end(), at) == again.end()) { add_step(extractor, {at}, false); }
    }
}

// Files whose bytes no step reads that comes before.
void UnitWork::plan_digests() {
    std::vector<bool> is_read(files_.offers.size(), false);
    for (const auto& step : steps_) {
        for (const auto at : step.offers) { is_read[at] = true; }
    }
    for (std::size_t i = 0; i < files_.offers.size(); ++i) {
        const auto& forms = files_.offers[i].forms;
        for (std::size_t f = 0; f < forms.size(); ++f) {
            if (is_form_known(forms[f]) || (f == 0 && is_read[i])) { continue; }
            Step step;
            step.offers = {i};
            step.form = f;
            step.bytes = forms[f].stamp.size;
            steps_.push_back(std::move(step));
        }
    }
}

void UnitWork::plan() {
    std::int64_t newest = 0;
    for (const auto& offer : files_.offers) {
        for (const auto& form : offer.forms) {
            ++counts_.files;
            if (is_form_known(form)) { continue; }
            newest = std::max(newest, form.stamp.newest_ns());
            ++counts_.files_read;
            counts_.bytes_read += form.stamp.size;
        }
    }
    const bool settled = os::settle(newest);
    if (!settled) { settled_before_ns_ = os::stamping_clock_ns(); }
    is_settled_ = settled && files_.unreadable.empty();
    if (is_read_whole()) {
        Step step;
        step.bytes = counts_.bytes_read;
        steps_.push_back(std::move(step));
    } else {
        for (const auto* extractor : unit_.source->extractors) { plan_extractor(*extractor); }
    }
    plan_digests();
}

Status UnitWork::run_extractor(Step& step, const RowSink& sink) {
    Named named;
    for (const auto at : step.offers) {
        const Offer& offer = files_.offers[at];
        Extracted result = extract_offer(*step.extractor, offer, options_.limits);
        if (step.extractor->reading == Reading::together && result.ok) {
            if (auto problem = named.add(result.rows, result.rel_path); !problem.empty()) {
                result.problems.push_back({result.rel_path, std::move(problem), std::nullopt, false});
                result.ok = false;
            }
        }
        FileRows rows = std::move(result.rows);
        const bool keep = result.ok && step.wants_rows;
        result.rows = {};
        step.reads.push_back({at, std::move(result)});
        if (keep) { RL_TRY(sink(std::move(rows))); }
    }
    return core::ok();
}

Status UnitWork::run_step(std::size_t at, const RowSink& sink) {
    Step& step = steps_[at];
    if (step.extractor != nullptr) { return run_extractor(step, sink); }
    if (step.offers.empty()) {
        const auto& source = *unit_.source;
        auto status = doomed_.things ? source.read_changed(unit_, *doomed_.things, sink, whole_problems_) : source.read(unit_, files_, sink, whole_problems_);
        if (!status.ok()) { failure_ = std::move(status).take_error(); }
        return core::ok();
    }
    FileInput input(files_.offers[step.offers.front()].forms[step.form].path, false, options_.limits);
    if (const auto status = input.digest_only(); status.ok()) { step.digest = input.sha256(); }
    return core::ok();
}

void UnitWork::add_problem(FileRows& rows, std::string_view stage, const FileProblem& problem) {
    ++(problem.is_warning ? counts_.warnings : counts_.errors);
    rows.row(k_extract_errors, unit_.key, stage, problem.message, options_.now, problem.rel_path.empty() ? std::optional<std::string>() : problem.rel_path,
             problem.line ? std::optional(static_cast<std::int64_t>(*problem.line)) : std::nullopt, problem.is_warning ? "warning" : "error");
}

void UnitWork::report(FileRows& rows, const Extractor& extractor, const Offer& offer, const Extracted& result) {
    for (const auto& problem : result.problems) {
        if (problem.is_warning || extractor.report == nullptr) {
            add_problem(rows, extractor.stage, problem);
            continue;
        }
        ++counts_.errors;
        const auto form = std::find_if(offer.forms.begin(), offer.forms.end(), [&](const Form& one) { return one.file.rel_path == problem.rel_path; });
        extractor.report(form != offer.forms.end() ? form->file : offer.file(), problem, options_.now, rows);
    }
}

// The state of every extractor and the digest of every file, of this reading or of an earlier one. The facts of an offer's forms begin at first_fact_.
std::vector<FileFact> UnitWork::gather(FileRows& rows) {
    std::vector<FileFact> facts;
    facts.reserve(counts_.files);
    first_fact_.reserve(files_.offers.size());
    for (const auto& offer : files_.offers) {
        first_fact_.push_back(facts.size());
        for (const auto& form : offer.forms) {
            FileFact& fact = facts.emplace_back();
            fact.rel_path = form.file.rel_path;
            fact.bytes = form.stamp.size;
            fact.mtime_ns = form.stamp.mtime_ns;
            if (is_form_known(form)) { fact.sha256 = known_->files.find(form.file.rel_path)->second.sha256; }
        }
    }
    const auto fact_of = [&](std::size_t offer, const std::string& rel_path) -> FileFact& {
        const auto& forms = files_.offers[offer].forms;
        const bool is_second = forms.size() > 1 && forms[1].file.rel_path == rel_path;
        return facts[first_fact_[offer] + (is_second ? 1 : 0)];
    };
    for (const auto& step : steps_) {
        if (step.extractor == nullptr) {
            if (!step.offers.empty()) { facts[first_fact_[step.offers.front()] + step.form].sha256 = step.digest; }
            continue;
        }
        for (const auto& read : step.reads) {
            auto& fact = fact_of(read.offer, read.result.rel_path);
            if (!read.result.sha256.empty()) { fact.sha256 = read.result.sha256; }
            fact.told = read.result.told;
        }
    }
    // Reading ended early where something was wrong with the content: the digest is of the bytes all the same.
    for (std::size_t i = 0; i < files_.offers.size(); ++i) {
        for (std::size_t f = 0; f < files_.offers[i].forms.size(); ++f) {
            auto& fact = facts[first_fact_[i] + f];
            if (!fact.sha256.empty()) { continue; }
            FileInput input(files_.offers[i].forms[f].path, false, options_.limits);
            if (input.digest_only().ok()) {
                fact.sha256 = input.sha256();
            } else {
                is_settled_ = false;
            }
        }
    }
    const auto state_row = [&](const Extractor& extractor, const std::string& rel_path, const std::string& sha256, bool parse_ok, core::Timestamp at) {
        rows.row(k_artifact_extract_state, unit_.key, rel_path, extractor.name, sha256, parse_ok, at);
    };
    std::vector<const Read*> read_now;
    std::vector<bool> only_told;
    for (const auto* extractor : unit_.source->extractors) {
        read_now.assign(files_.offers.size(), nullptr);
        only_told.assign(files_.offers.size(), false);
        for (const auto& step : steps_) {
            if (step.extractor != extractor) { continue; }
            for (const auto& read : step.reads) {
                read_now[read.offer] = &read;
                only_told[read.offer] = !step.wants_rows;
            }
        }
        for (std::size_t i = 0; i < files_.offers.size(); ++i) {
            const Offer& offer = files_.offers[i];
            if (!extractor->takes(offer.file())) { continue; }
            if (read_now[i] != nullptr && !only_told[i]) {
                const Extracted& result = read_now[i]->result;
                auto& fact = fact_of(i, result.rel_path);
                fact.parse_status = result.ok ? extractor->done_word : extractor->error_word;
                state_row(*extractor, result.rel_path, fact.sha256, result.ok, options_.now);
                report(rows, *extractor, offer, result);
            } else if (const auto* state = state_of(*extractor, offer)) {
                fact_of(i, state->rel_path).parse_status = extractor->skipped_word.empty() ? extractor->done_word : extractor->skipped_word;
                state_row(*extractor, state->rel_path, state->sha256, state->parse_ok, state->extracted_at);
            }
        }
    }
    return facts;
}

// Offers stand by the paths of their plain forms, which is not the order of all paths.
std::vector<FileFact> UnitWork::in_order_of_paths(std::vector<FileFact> facts) {
    const auto before = [](const FileFact& a, const FileFact& b) { return a.rel_path < b.rel_path; };
    std::sort(facts.begin(), facts.end(), before);
    return facts;
}

Status UnitWork::finish(const RowSink& sink) {
    if (failure_) { return core::ok(); }
    FileRows rows;
    auto by_offer = gather(rows);
    for (std::size_t i = 0; i < files_.offers.size(); ++i) {
        for (std::size_t f = 0; f < files_.offers[i].forms.size(); ++f) {
            const auto& fact = by_offer[first_fact_[i] + f];
            const auto& stamp = files_.offers[i].forms[f].stamp;
            // No file has such a stamp: one that could change unseen is read again.
            const std::int64_t ctime_ns = stamp.newest_ns() < settled_before_ns_ ? stamp.ctime_ns : -1;
            rows.row(k_lake_files, unit_.key, fact.rel_path, fact.sha256, static_cast<std::int64_t>(stamp.size), stamp.mtime_ns, ctime_ns, static_cast<std::int64_t>(stamp.inode));
        }
    }
    const auto facts = in_order_of_paths(std::move(by_offer));
    for (const auto& folder : files_.unreadable) { add_problem(rows, k_list_stage, {folder.rel_path, folder.why, std::nullopt, false}); }
    for (const auto& problem : whole_problems_) { add_problem(rows, k_read_stage, problem); }
    if (unit_.source->describe != nullptr) {
        Extraction described;
        auto status = unit_.source->describe(unit_, files_, facts, described);
        if (status.ok()) { status = described.rows.check_keys(); }
        if (status.ok()) {
            for (auto& warning : described.warnings) { add_problem(rows, "describe", {"", std::move(warning), std::nullopt, true}); }
            for (std::size_t t = 0; t < described.rows.table_count(); ++t) {
                if (&described.rows.table(t) == &k_extract_errors) { counts_.errors += described.rows.row_count(t); }
            }
            RL_TRY(sink(std::move(described.rows)));
        } else {
            add_problem(rows, "describe", {"", status.error().message(), std::nullopt, false});
        }
    }
    rows.row(k_lake_units, unit_.key, unit_.source->name, unit_.root_id, unit_.rel_dir, unit_.dir, digest_, is_settled_, options_.now);
    RL_TRY(sink(std::move(rows)));
    // By the thread that is done with it: whoever waits for all units has other things to do.
    files_ = {};
    steps_ = {};
    known_.reset();
    return core::ok();
}

FileRows UnitWork::failure_rows() const {
    FileRows rows;
    rows.row(k_extract_errors, unit_.key, k_read_stage, failure_ ? failure_->message() : std::string(), options_.now, std::nullopt, std::nullopt, "error");
    return rows;
}

}  // namespace runlake::lake
