// SPDX-License-Identifier: Apache-2.0
// One thread reads and checks lines, several parse and merge blocks of them, and the caller takes blocks in the order they were read.
#include "runs/read_ahead.hpp"

#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>

#include "core/text.hpp"
#include "os/start_thread.hpp"
#include "record/journal.hpp"
#include "record/model.hpp"

namespace runlake::runs {

namespace {
constexpr std::size_t k_block_bytes = std::size_t{1} << 20U;
constexpr std::size_t k_most_blocks = 16;  // read but not yet taken
constexpr std::size_t k_most_notes = 20;

// Merges the records of one block by run.
class Gatherer {
  public:
    Gatherer(Block& block, const std::vector<ReadTask>& tasks) : block_(block), tasks_(tasks) {
        block_.runs.reserve(block_.lines.size());  // what is not used is never touched
        index_.reserve(block_.lines.size());
    }

    void take(record::Record& record, const Block::Line& line, std::string_view payload) {
        ++block_.records;
        line_ = &line;
        payload_ = payload;
        std::visit([this](auto& known) { take_record(known); }, record);
    }
    // Copies what must outlive the block's text.
    void finish() {
        for (std::size_t i = 0; i < block_.runs.size(); ++i) {
            Gathered& run = block_.runs[i];
            if (!run.parts.start) { run.payloads.assign(payloads_[i].begin(), payloads_[i].end()); }
        }
    }

  private:
    RunParts& parts_of(const core::RunId& id) {
        const auto [at, is_new] = index_.try_emplace(id, block_.runs.size());
        if (is_new) {
            block_.runs.push_back({id, {}, {}});
            payloads_.emplace_back();
        }
        RunParts& run = block_.runs[at->second].parts;
        if (!run.start) { payloads_[at->second].push_back(payload_); }
        return run;
    }
    Place place() const { return {tasks_[line_->task].segment.id, static_cast<std::int64_t>(line_->offset)}; }

    void take_record(record::StartRecord& record) { merge(parts_of(record.header.run), std::move(record), place()); }
    void take_record(record::LogRecord& record) { merge(parts_of(record.header.run), std::move(record)); }
    void take_record(record::EndRecord& record) { merge(parts_of(record.header.run), std::move(record), place()); }
    void take_record(record::LossRecord&) {}  // shown from the journal's own side (record::known_losses)
    void take_record(record::UnknownRecord&) { ++block_.unknown; }

    Block& block_;
    const std::vector<ReadTask>& tasks_;
    const Block::Line* line_ = nullptr;
    std::string_view payload_;
    std::unordered_map<core::RunId, std::size_t, core::RunIdHash> index_;
    std::vector<std::vector<std::string_view>> payloads_;
};

}  // namespace

ReadAhead::ReadAhead(const record::Store& store, std::vector<ReadTask> tasks, unsigned workers)
    : store_(store), tasks_(std::move(tasks)), threaded_(workers != 0) {
    if (threaded_ && !start(workers)) { threaded_ = false; }
    if (!threaded_) { read_all(); }
}

// False when there can't be a thread that reads and one that parses; then there is none.
bool ReadAhead::start(unsigned workers) {
    for (unsigned i = 0; i < workers; ++i) {
        auto worker = os::start_thread([this] { work(); });
        if (!worker.ok()) { break; }
        threads_.push_back(std::move(worker).take());
    }
    if (!threads_.empty()) {
        if (auto reader = os::start_thread([this] { read_all(); }); reader.ok()) {
            threads_.push_back(std::move(reader).take());
            return true;
        }
    }
    end_threads();
    threads_.clear();
    stop_ = false;
    return false;
}

ReadAhead::~ReadAhead() { end_threads(); }

void ReadAhead::end_threads() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) { thread.join(); }
}

void ReadAhead::read_all() {
    auto block = std::make_unique<Block>();
    for (std::size_t task = 0; task < tasks_.size(); ++task) {
        read_task(task, block);
        const std::lock_guard lock(mutex_);
        if (stop_) { break; }
    }
    put(std::move(block));
    {
        const std::lock_guard lock(mutex_);
        reading_done_ = true;
    }
    changed_.notify_all();
}

void ReadAhead::read_task(std::size_t task, std::unique_ptr<Block>& block) {
    record::ReadReport report;
    Progress progress{task, tasks_[task].from};
    const auto note_progress = [&](std::uint64_t consumed) {
        progress.consumed = consumed;
        progress.corrupt_lines = report.corrupt_lines;
        progress.newer_lines = report.newer_lines;
        block->progress.push_back(progress);
    };
    bool stopped = false;
    auto end = record::read_segment(store_, tasks_[task].segment, tasks_[task].from, report, [&](const record::RawRecord& raw) {
        if (stopped) { return; }
        if (block->bytes >= k_block_bytes) {
            // A block ends where the next record begins: lines skipped in between count as read.
            note_progress(raw.offset);
            put(std::exchange(block, std::make_unique<Block>()));
            const std::lock_guard lock(mutex_);
            stopped = stop_;
        }
        if (block->lines.empty()) { block->text.reserve(k_block_bytes + k_block_bytes / 8); }
        block->lines.push_back({block->text.size(), raw.payload.size(), task, raw.offset});
        block->text += raw.payload;
        block->bytes += raw.payload.size();
    });
    for (std::string& note : report.notes) { block->notes.push_back(std::move(note)); }
    if (stopped) { return; }
    if (end.ok()) {
        progress.finished = true;
        note_progress(end.value());
    } else if (end.error().code() != core::Errc::not_found) {
        // A segment that has gone was compacted: its records are in another one, which the next listing shows.
        block->notes.push_back(end.error().message());
    }
}

void ReadAhead::put(std::unique_ptr<Block> block) {
    auto slot = std::make_shared<Slot>();
    slot->block = std::move(block);
    {
        std::unique_lock lock(mutex_);
        if (threaded_) {
            changed_.wait(lock, [&] { return stop_ || slots_.size() < k_most_blocks; });
        }
        slots_.push_back(std::move(slot));
    }
    changed_.notify_all();
}

void ReadAhead::work() {
    while (true) {
        std::shared_ptr<Slot> mine;
        {
            std::unique_lock lock(mutex_);
            const auto find = [&] {
                for (const auto& slot : slots_) {
                    if (slot->stage == Stage::read) { return slot; }
                }
                return std::shared_ptr<Slot>();
            };
            changed_.wait(lock, [&] { return stop_ || reading_done_ || find() != nullptr; });
            if (stop_) { return; }
            mine = find();
            if (mine == nullptr) { return; }  // reading is done and nothing is left
            mine->stage = Stage::taken;
        }
        parse(*mine->block, tasks_);
        {
            const std::lock_guard lock(mutex_);
            mine->stage = Stage::parsed;
        }
        changed_.notify_all();
    }
}

std::unique_ptr<Block> ReadAhead::next() {
    std::shared_ptr<Slot> slot;
    {
        std::unique_lock lock(mutex_);
        if (threaded_) {
            changed_.wait(lock, [&] { return slots_.empty() ? reading_done_ : slots_.front()->stage == Stage::parsed; });
        }
        if (slots_.empty()) { return nullptr; }
        slot = slots_.front();
        slots_.pop_front();
    }
    changed_.notify_all();
    if (!threaded_) { parse(*slot->block, tasks_); }
    return std::move(slot->block);
}

void ReadAhead::parse(Block& block, const std::vector<ReadTask>& tasks) {
    Gatherer gatherer(block, tasks);
    const std::string_view text = block.text;
    for (const Block::Line& line : block.lines) {
        const std::string_view payload = text.substr(line.at, line.size);
        auto record = record::parse_payload(payload);
        if (record.ok()) {
            gatherer.take(record.value(), line, payload);
            continue;
        }
        block.unreadable.push_back(line.task);
        if (block.notes.size() < k_most_notes) {
            block.notes.push_back(core::cat("segment ", tasks[line.task].segment.id, ": line at byte ", line.offset, ": ", record.error().message()));
        }
    }
    gatherer.finish();
    block.lines = {};
    block.text = {};
}

}  // namespace runlake::runs
