// SPDX-License-Identifier: Apache-2.0
// One unit that has changed: which of its files are read again by which extractor, and the rows that come of it. No database.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "lake/extract.hpp"
#include "lake/known.hpp"
#include "lake/source.hpp"

namespace runlake::lake {

// Rows of a unit that go before others of it come.
struct Doomed {
    std::string unit_key;
    const Source* source = nullptr;
    bool is_known = false;                 // else there is nothing to go
    bool all = false;                      // everything; else what is made with every change of the unit, and:
    struct File {
        const Extractor* extractor;
        std::string rel_path;
    };
    std::vector<File> files;               // what an extractor made of a file
    std::vector<const Extractor*> wholes;  // all that an extractor made of the unit
    std::optional<std::vector<std::string>> things;  // Source::changed(): of unit_tables these alone
};

struct WorkOptions {
    InputLimits limits;
    core::Timestamp now;
    bool full = false;  // read everything again
};

// What became of a unit, for the report.
struct UnitCounts {
    std::uint64_t files = 0;
    std::uint64_t files_read = 0;
    std::uint64_t bytes_read = 0;
    std::uint64_t errors = 0;
    std::uint64_t warnings = 0;
};

// Made, and looked at, by one thread; steps are run by any, each once, also at the same time; finish() by one when all steps have been run.
class UnitWork {
  public:
    // Waits, where a file was changed in this very moment, until a later change would show in its stamp.
    UnitWork(Unit unit, UnitFiles files, std::string digest, std::optional<KnownContent> known, const WorkOptions& options);

    const Unit& unit() const { return unit_; }
    const Doomed& doomed() const { return doomed_; }
    std::size_t steps() const { return steps_.size(); }
    std::uint64_t step_bytes(std::size_t step) const { return steps_[step].bytes; }
    bool is_read_whole() const { return unit_.source->read != nullptr; }

    core::Status run_step(std::size_t step, const RowSink& sink);
    // The rows about the unit as a whole. Errc of a unit that is read whole and could not be: what it gave must not stay.
    core::Status finish(const RowSink& sink);
    // True for the caller that ran the last of the unit's steps.
    bool step_done() { return left_.fetch_sub(1) == 1; }

    const UnitCounts& counts() const { return counts_; }  // after finish()
    const std::optional<core::Error>& failure() const { return failure_; }
    // The error row of a unit that could not be read whole.
    FileRows failure_rows() const;

  private:
    struct Read {  // an offer, read by an extractor
        std::size_t offer;
        Extracted result;  // less its rows
    };
    struct Step {
        const Extractor* extractor = nullptr;  // none: the form's digest is taken, or the unit is read whole
        std::vector<std::size_t> offers;
        std::size_t form = 0;
        bool wants_rows = true;                // else only what is told
        std::uint64_t bytes = 0;
        std::vector<Read> reads;
        std::string digest;
    };
    void plan();
    void plan_extractor(const Extractor& extractor);
    void plan_digests();
    void add_step(const Extractor& extractor, std::vector<std::size_t> offers, bool wants_rows);
    bool is_form_known(const Form& form) const;
    bool has_offer_changed(const Offer& offer) const;
    const KnownState* state_of(const Extractor& extractor, const Offer& offer) const;
    core::Status run_extractor(Step& step, const RowSink& sink);
    void add_problem(FileRows& rows, std::string_view stage, const FileProblem& problem);
    void report(FileRows& rows, const Extractor& extractor, const Offer& offer, const Extracted& result);
    std::vector<FileFact> gather(FileRows& rows);
    static std::vector<FileFact> in_order_of_paths(std::vector<FileFact> facts);

    Unit unit_;
    UnitFiles files_;
    std::string digest_;
    std::optional<KnownContent> known_;
    WorkOptions options_;
    Doomed doomed_;
    std::vector<Step> steps_;
    std::vector<std::size_t> first_fact_;  // of each offer, in what gather() gives
    std::atomic<std::size_t> left_{0};
    std::vector<FileProblem> whole_problems_;
    std::optional<core::Error> failure_;
    UnitCounts counts_;
    bool is_settled_ = true;
    std::int64_t settled_before_ns_ = INT64_MAX;  // stamps from then on may lie
};

// Errors of units that could not be listed, or not be read whole.
inline constexpr std::string_view k_list_stage = "list";
inline constexpr std::string_view k_read_stage = "read_unit";

}  // namespace runlake::lake
