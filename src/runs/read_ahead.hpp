// SPDX-License-Identifier: Apache-2.0
// Reads and parses parts of the journal ahead of whoever folds them, on threads of its own, in order and with bounded memory. Each stretch comes with its records merged
// by run already.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/ids.hpp"
#include "record/store.hpp"
#include "runs/cursor.hpp"
#include "runs/merge.hpp"

namespace runlake::runs {

// A run as some of its records show it.
struct Gathered {
    core::RunId id;
    RunParts parts;
    std::vector<std::string> payloads;  // of its records while no start has been met: kept for fold_pending
    bool held_back = false;             // for the folder: it waited for its end once already
};

// How far a part has been read when its block ends.
struct Progress {
    std::size_t task = 0;
    std::uint64_t consumed = 0;
    std::uint64_t corrupt_lines = 0;  // met so far in this part
    std::uint64_t newer_lines = 0;
    bool finished = false;
};

// A stretch of the journal: about a mebibyte of payloads, with what became of it.
struct Block {
    std::vector<Gathered> runs;        // each once; in one piece, because they are many and large
    std::size_t records = 0;           // that could be read
    std::size_t unknown = 0;           // of a kind that this version does not know
    std::vector<Progress> progress;    // of each part that this block touches or ends
    std::vector<std::string> notes;    // damage met
    std::vector<std::size_t> unreadable;  // the part of each line whose checksum is right and whose payload can't be read all the same
    std::size_t bytes = 0;             // of payloads

    struct Line {
        std::size_t at;
        std::size_t size;
        std::size_t task;
        std::uint64_t offset;
    };
    std::string text;
    std::vector<Line> lines;
};

class ReadAhead {
  public:
    // Reads every part, in order. With no workers all is done in the calling thread, by next(): for little work.
    ReadAhead(const record::Store& store, std::vector<ReadTask> tasks, unsigned workers);
    ReadAhead(const ReadAhead&) = delete;
    ReadAhead& operator=(const ReadAhead&) = delete;
    ~ReadAhead();  // stops and waits for its threads

    std::unique_ptr<Block> next();  // null at the end
    const std::vector<ReadTask>& tasks() const { return tasks_; }

  private:
    enum class Stage : std::uint8_t { read, taken, parsed };
    struct Slot {
        std::unique_ptr<Block> block;
        Stage stage = Stage::read;
    };
    bool start(unsigned workers);
    void end_threads();
    void read_all();
    void read_task(std::size_t task, std::unique_ptr<Block>& block);
    void put(std::unique_ptr<Block> block);
    void work();
    static void parse(Block& block, const std::vector<ReadTask>& tasks);

    const record::Store store_;
    const std::vector<ReadTask> tasks_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::shared_ptr<Slot>> slots_;  // shared with the worker that parses it
    bool reading_done_ = false;
    bool stop_ = false;
    bool threaded_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace runlake::runs
