// SPDX-License-Identifier: Apache-2.0
// The replays of one call: their folder in the store, trees of their own where they are recorded code, processes side by side or one after the other, and nothing left behind.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "git/repository.hpp"
#include "record/store.hpp"
#include "replay/outcome.hpp"
#include "replay/spec.hpp"

namespace runlake::ops {

// Where the commands run.
struct ReplayTree {
    std::string root;                              // the present tree: the project
    std::optional<git::Location> repository;       // nothing: cells run in `root` as it is
    std::string commit;                            // with a repository: each replica has a worktree of its own, at this commit
    std::string patch;                             // with that patch on it
    std::vector<std::string> beside;               // files and folders below root that the commit lacks: linked into the worktree
};

struct ReplaySessionRequest {
    record::Store store;
    ReplayTree tree;
    bool parallel = false;                         // replicas and cells side by side, as many as there are processors
    bool uncapped = false;                         // runs of an envelope: no pins, no caps, one after the other
    std::vector<std::pair<std::string, std::string>> tags;   // of the recorded runs, beside replay=<session>
    std::string stage;                             // of the recorded runs; "": the cell's name
    std::map<std::string, std::string> places;     // and the three below: as ReplicaRequest has them
    std::vector<std::pair<std::string, std::string>> environment;
    std::optional<std::string> program_beside;
    std::function<void(std::string_view)> say;     // a line for people
    std::function<void(const replay::Cell&, const replay::Outcome&)> tell;   // a replica has ended; calls do not overlap
};

struct CellReplays {
    std::vector<replay::Outcome> outcomes;         // by replica
    std::vector<std::string> folders;              // absolute, of each replica: what run_replica() left there
};

// Make it before any thread: it starts the process that ends the others when this one has gone, and takes INT, TERM and HUP.
class ReplaySession {
  public:
    // Removes what sessions that have gone left in the store and in the repository.
    static core::Result<std::unique_ptr<ReplaySession>> begin(ReplaySessionRequest request);
    virtual ~ReplaySession() = default;            // removes what is not kept

    virtual const std::string& id() const = 0;     // 16 hex digits
    virtual const std::optional<std::string>& code_ref() const = 0;   // of the tree, known after the first run()
    // Runs each cell `cell.replicas` times. Errors of a replica are in its outcome. Errc::usage: pins that make no sense; interrupted: told to stop, and everything has ended.
    virtual core::Result<std::vector<CellReplays>> run(const std::vector<replay::Cell>& cells) = 0;
    // The output of these replicas stays in the store; their outcomes say where.
    virtual void keep(CellReplays& replays) = 0;
};

// "<store>/replays".
std::string replays_folder(const record::Store& store);

}  // namespace runlake::ops
