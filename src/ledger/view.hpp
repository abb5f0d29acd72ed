// SPDX-License-Identifier: Apache-2.0
// The whole ledger as one sorted list: entries of jobs and of runs, from files, packs and files with conflict markers. Made for 100,000 of them: read by several
// threads, the files' text through a cache under .runlake/cache that is believed as far as their stamps agree; members are parsed when asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "ledger/entry.hpp"
#include "ledger/extra.hpp"
#include "ledger/run_entry.hpp"
#include "record/store.hpp"

namespace runlake::ledger {

// An entry that can't be read. Files whose names do not end in .json, or begin with a dot, are nobody's business.
struct LeftOut {
    std::string path;
    core::Error why;   // Errc::unsupported: of a later schema. Errc::corrupt: damaged. Errc::io: it can't be read
};

// One entry; verified: its name, its id and its state point agree, its schema is known. Valid as long as the View.
struct Item {
    std::string_view id;          // 32 hex digits of a job, 36 characters of a run
    std::string_view text;        // the entry, JSON
    std::string_view extra;       // its ledger-extra, JSON; "" when there is none
    std::string_view path;        // the file that it stands in: its own, or a pack
    bool packed = false;
    bool conflicted = false;      // it stands between conflict markers: the preferred side

    bool is_job() const { return id.size() == 32; }
    core::Result<JobEntry> job() const;                       // only of a job; some microseconds each
    core::Result<RunEntry> run() const;                       // only of a run
    core::Result<std::optional<Extra>> read_extra() const;    // nothing when there is none
};

struct ViewOptions {
    bool cache = true;            // read it, and write it again when much has changed
};

class View {
  public:
    // Never fails: what can't be read is left out, and said. Nothing of the ledger is written.
    static View open(const record::Store& store, const ViewOptions& options = {});
    View(View&&) noexcept;
    View& operator=(View&&) noexcept;
    ~View();

    std::span<const Item> items() const;                      // by id; one an id
    const std::vector<LeftOut>& left_out() const;             // by path
    const Item* find(std::string_view id) const;              // a whole id, of a job or a run; null when there is none
    // The run that a whole id or the beginning of one means. Errc::usage: no such form; not_found; conflict: several begin so (the message lists them).
    core::Result<const Item*> find_run(std::string_view prefix) const;

  private:
    struct Body;
    explicit View(std::unique_ptr<Body> body);
    std::unique_ptr<Body> body_;
};

}  // namespace runlake::ledger
