// SPDX-License-Identifier: Apache-2.0
// The recorder and its runs: fills in what every record has, writes it, and counts what could not be written.
#include "record/recorder.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <span>
#include <utility>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "os/held_pipe_signal.hpp"
#include "os/system.hpp"
#include "record/journal.hpp"
#include "record/losses.hpp"
#include "record/per_process.hpp"
#include "record/tidy.hpp"
#include "record/trace.hpp"

namespace runlake::record {
namespace {

using core::cat;
using core::Errc;
using core::Error;

constexpr std::uint64_t k_kept_one_by_one = 16;
constexpr std::size_t k_error_file_bytes = 4U << 20U;

constexpr std::size_t k_random_bytes = 40;  // of a run: its id, a trace id, a span id

// Random bytes for one run. The kernel is asked for those of many runs at once; a forked child must not go on with its parent's.
std::array<std::uint8_t, k_random_bytes> random_for_run(const os::ProcessId* self) {
    struct Stock {
        const os::ProcessId* owner = nullptr;
        std::size_t left = 0;
        std::array<std::array<std::uint8_t, k_random_bytes>, 32> portions;
    };
    thread_local Stock stock;
    if (stock.owner != self || stock.left == 0) {
        os::random_bytes(stock.portions.data(), sizeof stock.portions);
        stock.owner = self;
        stock.left = stock.portions.size();
    }
    return stock.portions[--stock.left];
}

// The losses of one process. Set right with the journal once that can be written again.
struct Losses {
    std::mutex mutex;
    std::uint64_t total = 0;          // of this process
    std::uint64_t kept = 0;           // of these, in a file already or said in the journal
    std::optional<Error> newest;
    bool said = false;
};

class RecorderImpl;

class RunImpl final : public Run {
  public:
    RunImpl(std::shared_ptr<RecorderImpl> recorder, StartRecord start, const os::ProcessId* owner, bool sampled, bool start_written, std::int64_t began_ns)
        : recorder_(std::move(recorder)), start_(std::move(start)), sampled_(sampled), start_written_(start_written), began_ns_(began_ns), owner_(owner),
          last_at_(start_.header.at.micros), degraded_(start_.facts.degraded) {}
    RunImpl(const RunImpl&) = delete;
    RunImpl& operator=(const RunImpl&) = delete;
    ~RunImpl() override;

    const core::RunId& id() const override { return start_.header.run; }
    const StartRecord& started() const override { return start_; }
    std::string traceparent() const override { return format_traceparent({start_.trace_id.value_or(""), start_.span_id.value_or(""), sampled_}); }
    void log(LogRecord record) override;
    core::Status finish(Outcome outcome) override;

  private:
    // The wall clock may jump back, but of two facts the later one counts: within a run, time stands still rather than go back.
    core::Timestamp next_time(core::Timestamp now) {
        std::int64_t last = last_at_.load();
        std::int64_t next = 0;
        do { next = std::max(last, now.micros); } while (!last_at_.compare_exchange_weak(last, next));
        return {next};
    }
    std::optional<ErrorText> keep_error(const std::string& text) const;

    const std::shared_ptr<RecorderImpl> recorder_;  // shared with the recorder's handle, so that it may go before its runs
    const StartRecord start_;
    const bool sampled_;
    const bool start_written_;
    const std::int64_t began_ns_;
    const os::ProcessId* const owner_;  // os::this_process() of the process that started it: another address in each process
    std::atomic<std::int64_t> last_at_;
    std::atomic<std::uint64_t> lost_{0};
    std::atomic<bool> degraded_;
    std::atomic<bool> finished_{false};
};

class RecorderImpl : public std::enable_shared_from_this<RecorderImpl> {
  public:
    RecorderImpl(const core::Result<Store>& store, const Recorder::Options& options)
        : options_(options), clock_(options.clock != nullptr ? *options.clock : os::system_clock()), host_(os::host_name()) {
        if (options_.mode == Mode::off) { return; }
        const auto parent = os::env("RUNLAKE_RUN_ID");
        if (parent) {
            auto id = core::RunId::parse(*parent);
            if (id.ok()) { parent_ = id.value(); }
        }
        if (const auto trace = os::env("TRACEPARENT")) { trace_ = parse_traceparent(*trace); }
        if (!store.ok()) {
            store_problem_ = store.error();
            return;
        }
        store_ = store.value();
        writer_ = JournalWriter::open_later(store_, options_.durability);
    }
    RecorderImpl(const RecorderImpl&) = delete;
    RecorderImpl& operator=(const RecorderImpl&) = delete;
    ~RecorderImpl() {
        Losses* losses = losses_.mine();
        if (losses == nullptr) { return; }
        const std::lock_guard lock(losses->mutex);
        keep(*losses);
    }

    core::Result<std::unique_ptr<Run>> start(RunSpec spec);

    core::Status say(LogRecord record) {
        if (is_off()) { return core::ok(); }
        record.header = stamp(record.header.run, now());
        tidy(record);
        return write(fitting(record), Saying::callers);
    }
    core::Status presume(EndRecord record) {
        if (is_off()) { return core::ok(); }
        record.header = stamp(record.header.run, record.header.at.micros == 0 ? now() : record.header.at);
        record.presumed = true;
        return write(fitting(record), Saying::callers);
    }

    // Whose it is to tell the user of a failure.
    enum class Saying : std::uint8_t { ours, callers };

    core::Status write(const std::string& payload, Saying saying) {
        auto done = append(payload);
        if (done.ok()) {
            settle();
        } else {
            count_loss(done.error(), saying);
        }
        return done;
    }
    core::Status append(const std::string& payload) {
        if (store_problem_) { return *store_problem_; }
        return writer_->append(payload);
    }

    void count_loss(const Error& why, Saying saying) {
        Losses& losses = losses_.get();
        const std::lock_guard lock(losses.mutex);
        ++losses.total;
        losses.newest = why;
        unsettled_ = true;
        if (losses.total <= k_kept_one_by_one || losses.total >= losses.kept * 2) { keep(losses); }
        if (saying == Saying::ours && !losses.said && options_.warn_on_stderr) {
            losses.said = true;
            const std::string line = cat("runlake: a run can't be recorded, the program goes on: ", why.message(), "\n");
            // Nobody to tell if this fails too; least of all may it end the program.
            const os::HeldPipeSignal held;
            [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
        }
    }

    bool is_off() const { return options_.mode == Mode::off; }
    const Recorder::Options& options() const { return options_; }
    const Store& store() const { return store_; }
    core::Timestamp now() const { return clock_.now(); }
    std::int64_t monotonic_ns() const { return clock_.monotonic_ns(); }
    Header stamp(const core::RunId& run, core::Timestamp at) { return Header{run, at, count_.fetch_add(1, std::memory_order_relaxed)}; }

    std::uint64_t lost() {
        Losses& losses = losses_.get();
        const std::lock_guard lock(losses.mutex);
        return losses.total;
    }
    std::optional<Error> problem() {
        if (store_problem_) { return store_problem_; }
        Losses& losses = losses_.get();
        const std::lock_guard lock(losses.mutex);
        return losses.newest;
    }

  private:
    LossRecord loss_record(const Losses& losses) {
        return LossRecord{now(), count_.fetch_add(1, std::memory_order_relaxed), losses.total - losses.kept, losses.newest->message()};
    }
    // With the lock. Where no place can be written they stay in memory, for a later try.
    void keep(Losses& losses) {
        if (losses.total == losses.kept || !losses.newest) { return; }
        if (keep_losses(store_, loss_record(losses)).ok()) { losses.kept = losses.total; }
    }
    // The journal can be written: what was lost before stands in it from now on.
    void settle() {
        if (!unsettled_.load(std::memory_order_relaxed)) { return; }
        Losses& losses = losses_.get();
        const std::unique_lock lock(losses.mutex, std::try_to_lock);
        if (!lock.owns_lock() || !unsettled_) { return; }
        if (losses.total != losses.kept && losses.newest) {
            if (!append(to_payload(loss_record(losses))).ok()) { return; }
            losses.kept = losses.total;
        }
        if (has_kept_losses(store_) && !settle_losses(store_, [&](const std::string& payload) { return append(payload); }).ok()) { return; }
        unsettled_ = false;
    }

    const Recorder::Options options_;
    const core::Clock& clock_;
    const std::string host_;
    Store store_;
    std::optional<Error> store_problem_;
    std::unique_ptr<JournalWriter> writer_;
    std::optional<core::RunId> parent_;
    std::optional<TraceParent> trace_;
    std::atomic<std::uint64_t> count_{0};
    PerProcess<Losses> losses_;
    std::atomic<bool> unsettled_{true};  // at first: another process may have left some
};

core::Result<std::unique_ptr<Run>> RecorderImpl::start(RunSpec spec) {
    const os::ProcessId* const self = &os::this_process();
    const auto random = random_for_run(self);
    std::array<std::uint8_t, 16> id_bytes{};
    std::copy_n(random.begin(), id_bytes.size(), id_bytes.begin());
    auto hex = core::to_hex(std::span(random).subspan(16));

    const auto given = spec.traceparent ? parse_traceparent(*spec.traceparent) : std::nullopt;
    const auto& above = given ? given : trace_;
    StartRecord start{stamp(spec.id ? *spec.id : core::RunId::from_random(id_bytes), now())};
    const std::int64_t began_ns = monotonic_ns();
    start.stage = std::move(spec.stage);
    start.tenant = std::move(spec.tenant);
    start.parent = spec.parent ? spec.parent : parent_;
    start.trace_id = above ? above->trace_id : hex.substr(0, 32);
    start.span_id = hex.substr(32, 16);
    if (above) { start.parent_span_id = above->span_id; }
    start.argv = std::move(spec.argv);
    start.inputs = std::move(spec.inputs);
    start.config_path = std::move(spec.config_path);
    start.params = std::move(spec.params);
    start.tags = std::move(spec.tags);
    start.facts = std::move(spec.facts);
    start.watched = std::move(spec.watched);
    start.host = host_;
    bool written = true;
    if (!is_off()) {
        start.recorder = *self;
        auto here = os::current_dir();
        if (here.ok()) {
            const auto inside = store_.root.empty() ? std::nullopt : os::relative_inside(here.value(), store_.root);
            start.working_dir = inside ? (inside->empty() ? "." : *inside) : here.value();
        }
        tidy(start);
        const std::string payload = fitting(start);
        if (options_.mode == Mode::strict) {
            auto done = append(payload);
            if (!done.ok()) { return std::move(done).take_error().context(cat("recording the start of stage '", start.stage, "'")); }
            settle();
        } else {
            written = write(payload, Saying::ours).ok();
        }
    }
    return std::unique_ptr<Run>(std::make_unique<RunImpl>(shared_from_this(), std::move(start), self, !above || above->sampled, written, began_ns));
}

RunImpl::~RunImpl() {
    // A forked child that unwinds past a run of its parent's has nothing to say of it.
    if (finished_ || owner_ != &os::this_process()) { return; }
    Outcome outcome;
    outcome.state = RunState::failed;
    outcome.error_text = "the run object was dropped before it was finished";
    static_cast<void>(finish(std::move(outcome)).ok());
}

void RunImpl::log(LogRecord record) {
    if (recorder_->is_off()) { return; }
    if (record.facts.degraded) { degraded_ = true; }
    record.header = recorder_->stamp(id(), next_time(recorder_->now()));
    tidy(record);
    if (!recorder_->write(fitting(record), RecorderImpl::Saying::ours).ok()) { ++lost_; }
}

std::optional<ErrorText> RunImpl::keep_error(const std::string& text) const {
    const std::string whole = tidy_text(text);
    ErrorText error{std::string(head_of_error(whole)), whole.size(), std::nullopt};
    if (error.head.size() == whole.size() || recorder_->store().dir.empty()) { return error; }
    const std::string name = cat("output/", id().str(), "/error.txt");
    const std::string path = cat(recorder_->store().dir, '/', name);
    if (!os::make_dirs(os::parent_path(path), 0777, os::point::output_create).ok()) { return error; }
    std::string kept(core::cut_utf8(whole, k_error_file_bytes));
    if (kept.size() < whole.size()) { kept += cat("\n[cut: ", whole.size(), " bytes in all]\n"); }
    if (os::publish_file(path, kept, 0666, os::Existing::replace, recorder_->options().durability, os::point::output_write).ok()) { error.file = name; }
    return error;
}

core::Status RunImpl::finish(Outcome outcome) {
    if (owner_ != &os::this_process()) {
        return Error(Errc::conflict, cat("finishing run ", id().str(), ": it was started by process ", owner_->pid, ", which alone may end it"));
    }
    if (finished_.exchange(true)) { return Error(Errc::conflict, cat("finishing run ", id().str(), ": it is finished already")); }
    if (recorder_->is_off()) { return core::ok(); }
    EndRecord end{Header{id(), {}, 0}};
    end.duration_seconds = outcome.duration_seconds.value_or(static_cast<double>(recorder_->monotonic_ns() - began_ns_) / 1e9);
    end.header = recorder_->stamp(id(), next_time(recorder_->now()));
    if (outcome.facts.degraded) { degraded_ = true; }
    end.state = outcome.state == RunState::completed && degraded_ ? RunState::degraded : outcome.state;
    end.exit_status = outcome.exit_status;
    end.signal = outcome.signal;
    if (outcome.error_text) { end.error = keep_error(*outcome.error_text); }
    end.metrics = std::move(outcome.metrics);
    end.stderr_tail = std::move(outcome.stderr_tail);
    end.cached_from = std::move(outcome.cached_from);
    end.facts = std::move(outcome.facts);
    end.lost_records = lost_;
    if (!start_written_) { end.start = start_; }
    tidy(end);
    return recorder_->write(fitting(end), RecorderImpl::Saying::ours);
}

// What callers hold: the recorder's parts live as long as its runs do.
class RecorderHandle final : public Recorder {
  public:
    explicit RecorderHandle(std::shared_ptr<RecorderImpl> impl) : impl_(std::move(impl)) {}
    core::Result<std::unique_ptr<Run>> start(RunSpec spec) override { return impl_->start(std::move(spec)); }
    core::Status log(LogRecord record) override { return impl_->say(std::move(record)); }
    core::Status end_presumed(EndRecord record) override { return impl_->presume(std::move(record)); }
    std::uint64_t lost() const override { return impl_->lost(); }
    std::optional<Error> problem() const override { return impl_->problem(); }

  private:
    const std::shared_ptr<RecorderImpl> impl_;
};

}  // namespace

std::unique_ptr<Recorder> Recorder::open(const core::Result<Store>& store, const Options& options) {
    return std::make_unique<RecorderHandle>(std::make_shared<RecorderImpl>(store, options));
}

}  // namespace runlake::record
