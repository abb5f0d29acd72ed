// SPDX-License-Identifier: Apache-2.0
#include "ops/replay_decide.hpp"

#include <algorithm>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "observe/http_client.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "record/recorder.hpp"

namespace runlake::ops {
namespace {

using core::cat;
using core::Errc;
using core::Error;
using replay::Outcome;
using replay::VerdictRecord;

constexpr std::size_t k_most_lines_a_push = 5000;

// Events as they happen, and those that Loki was not told yet.
class EventLog {
  public:
    EventLog(ReplayEvents events, const core::Clock& clock) : events_(std::move(events)), clock_(clock) {}

    const std::string& prefix() const { return events_.prefix; }

    // A file that takes nothing stops no cell: send() says so at the end.
    void tell(const std::vector<std::string>& lines) {
        std::string text;
        for (const std::string& line : lines) {
            if (events_.line) { events_.line(line); }
            if (events_.loki_url) { waiting_.emplace_back(next_time(), line); }
            text += line;
            text += '\n';
        }
        if (!events_.file || problem_) { return; }
        if (auto written = append(text); !written.ok()) { problem_ = std::move(written).take_error(); }
    }

    core::Status send() {
        auto sent = send_waiting();
        if (problem_) { return Error(*problem_); }
        return sent;
    }

  private:
    core::Status send_waiting() {
        while (!waiting_.empty()) {
            const std::size_t count = std::min(waiting_.size(), k_most_lines_a_push);
            const std::vector<std::pair<core::Timestamp, std::string>> some(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
            RL_TRY(push(some));
            waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
        }
        return core::ok();
    }

    // Loki keeps the order of lines by their times, so no two are told at once.
    core::Timestamp next_time() {
        core::Timestamp now = clock_.now();
        if (now <= last_) { now = core::Timestamp{last_.micros + 1}; }
        return last_ = now;
    }

    core::Status append(const std::string& text) {
        auto file = os::open_append(*events_.file, os::point::observe_output_write);
        if (!file.ok() && file.error().code() == Errc::not_found) { file = os::create_exclusive(*events_.file, 0666, os::point::observe_output_write); }
        if (!file.ok() && file.error().code() == Errc::conflict) { file = os::open_append(*events_.file, os::point::observe_output_write); }
        if (!file.ok()) { return std::move(file).take_error().context("writing events"); }
        return os::write_all(file.value().get(), text, os::point::observe_output_write, *events_.file);
    }

    core::Status push(const std::vector<std::pair<core::Timestamp, std::string>>& lines) {
        std::vector<std::pair<std::string, std::string>> labels{{"job", "runlake_replay"}};
        for (const auto& [name, value] : events_.loki_labels) {
            const auto same = std::ranges::find(labels, name, &std::pair<std::string, std::string>::first);
            if (same != labels.end()) { same->second = value; }
            else { labels.emplace_back(name, value); }
        }
        observe::HttpPost post{.url = *events_.loki_url, .headers = events_.loki_headers, .body = core::to_json(replay::loki_push(labels, lines))};
        post.headers.emplace_back("Content-Type", "application/json");
        auto answer = observe::http_post(post);
        if (!answer.ok()) { return std::move(answer).take_error().context("pushing events to Loki"); }
        if (answer.value().status < 200 || answer.value().status > 299) {
            return Error(Errc::io, cat("pushing events to Loki: it answered ", answer.value().status, ": ", core::valid_utf8(core::cut_utf8(core::trim(answer.value().body), 300))));
        }
        return core::ok();
    }

    ReplayEvents events_;
    const core::Clock& clock_;
    core::Timestamp last_;
    std::optional<Error> problem_;
    std::vector<std::pair<core::Timestamp, std::string>> waiting_;
};

std::string known(const replay::Provenance& provenance, std::string_view name) {
    const auto found = provenance.find(name);
    return found == provenance.end() ? "" : found->second;
}

class Decider final : public ReplayDecider {
  public:
    explicit Decider(ReplayDeciderOptions options)
        : options_(std::move(options)), clock_(options_.clock == nullptr ? os::system_clock() : *options_.clock), log_(options_.events, clock_),
          envelopes_(replay::Envelopes::load(options_.store)) {}

    void begin() { log_.tell({replay::loaded_event(log_.prefix(), options_.build_sha)}); }

    std::optional<replay::Canonical> canonical_of(const replay::Cell& cell, std::string& problem) override {
        auto found = find_canonical(options_.store, cell, options_.spec.policy);
        if (found.ok()) { return std::move(found).take(); }
        problem = found.error().message();
        return std::nullopt;
    }

    core::Result<VerdictRecord> decide(DecidedCell decided) override {
        replay::CellFacts facts;
        facts.replays = std::move(decided.replays);
        facts.eps_num = options_.spec.eps_num;
        facts.policy = options_.spec.policy;
        facts.inputs_stated = decided.inputs_stated;
        facts.expected = envelope_key(decided.cell, facts.replays);
        facts.canonical = decided.canonical ? std::move(decided.canonical) : canonical_of(decided.cell, facts.canonical_problem);
        if (const replay::Envelope* found = envelopes_.find(facts.expected)) {
            facts.envelope = *found;
        } else {
            facts.envelope_problem = "no envelope is measured for this cell: run `runlake replay envelope`";
        }
        for (const std::string& problem : envelopes_.problems()) { facts.envelope_problem += cat(facts.envelope_problem.empty() ? "" : "; ", problem); }
        VerdictRecord record = replay::make_verdict(facts, replay::judge(facts));
        record.id = os::random_hex(32);
        record.decided_at = clock_.now();
        record.spec = options_.spec.path;
        record.spec_digest = options_.spec.digest;
        record.attributed_to = std::move(decided.attributed_to);
        record.first_difference = std::move(decided.first_difference);
        // What was decided is told first: events are never missing because a disk is full.
        log_.tell(replay::events_of(record, log_.prefix()));
        auto written = replay::write_verdict(options_.store, record, decided.run_dir);
        if (!written.ok()) { return std::move(written).take_error().context(cat("writing the verdict on ", record.cell)); }
        note_in_journal(record);
        return record;
    }

    core::Status send() override { return log_.send(); }

  private:
    // The canonical's own run says what became of it, when it is recorded here.
    void note_in_journal(const VerdictRecord& record) {
        if (!record.canonical || record.canonical->source != "run") { return; }
        const auto id = core::RunId::parse(record.canonical->run_id);
        if (!id.ok()) { return; }
        record::LogRecord said{.header = {.run = id.value()}};
        said.tags.set("replay_verdict", replay::verdict_name(record.judgement.decision.verdict)).set("replay_verdict_id", record.id);
        const auto recorder = record::Recorder::open(options_.store, {.warn_on_stderr = false});
        // The verdict's file is what counts; a journal that takes nothing loses no more than this.
        static_cast<void>(recorder->log(std::move(said)));
    }

    ReplayDeciderOptions options_;
    const core::Clock& clock_;
    EventLog log_;
    replay::Envelopes envelopes_;
};

}  // namespace

replay::EnvelopeKey envelope_key(const replay::Cell& cell, const std::vector<Outcome>& replays) {
    replay::EnvelopeKey key{.image = "", .cell = cell.name, .metric = cell.metric.name.empty() ? "metric" : cell.metric.name, .config = replay::config_digest(cell, true), .inputs = ""};
    const auto good = std::ranges::find_if(replays, [](const Outcome& one) { return one.ok(); });
    if (replays.empty()) { return key; }
    const replay::Provenance& provenance = good == replays.end() ? replays.front().provenance : good->provenance;
    key.image = known(provenance, "image");
    if (key.image.empty()) {
        const std::string fallback = known(provenance, "image_fallback");
        key.image = fallback.empty() ? "" : cat("fallback:", fallback);
    }
    key.inputs = known(provenance, "inputs");
    return key;
}

std::string verdict_path(const record::Store& store, const VerdictRecord& record) {
    const std::string path = cat(replay::verdict_folder(store), '/', record.id, ".json");
    return store.root.empty() ? path : os::relative_inside(path, store.root).value_or(path);
}

core::Result<std::unique_ptr<ReplayDecider>> ReplayDecider::open(ReplayDeciderOptions options) {
    auto decider = std::make_unique<Decider>(std::move(options));
    decider->begin();
    return std::unique_ptr<ReplayDecider>(std::move(decider));
}

}  // namespace runlake::ops
