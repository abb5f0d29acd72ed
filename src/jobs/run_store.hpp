// SPDX-License-Identifier: Apache-2.0
// The run store: a signac workspace of jobs, each a folder with a state point and a document (docs/formats/job-workspace.md).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/job_id.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "record/store.hpp"

namespace runlake::jobs {

struct Job {
    core::JobId id;
    core::Json state_point;    // an object; its canonical JSON's MD5 is the id
    core::Json document;       // an object, empty when there is no file
    std::string folder;        // absolute
};

// A job of which a file is missing or damaged, or whose state point is not the one its id was made of.
struct LeftOut {
    core::JobId id;
    core::Error why;
};

struct Jobs {
    std::vector<Job> jobs;            // by id
    std::vector<LeftOut> left_out;    // by id
};

enum class Layout : std::uint8_t {
    signac2,
    signac1,   // read only: signac itself migrates it
};

// Thread-safe. A value: cheap to copy, touches nothing.
class RunStore {
  public:
    // The store of a project: at `run_store_path` of its installed.json, else at .runs; else the project itself where it is a signac project.
    // Errc::not_found: there is none. Errc::unsupported: of another schema.
    static core::Result<RunStore> find(const record::Store& store);
    // As find(); where there is none, makes it.
    static core::Result<RunStore> create(const record::Store& store);
    // The signac project in a folder. Errc::not_found: it is none.
    static core::Result<RunStore> open(const std::string& path);

    const std::string& path() const { return path_; }             // of the signac project, absolute
    const std::string& workspace() const { return workspace_; }   // absolute
    Layout layout() const { return layout_; }
    std::string folder(const core::JobId& id) const;
    // What is ours beside the workspace: <path>/runlake, or below .runlake where the signac project is the repository itself. Made with the first lease.
    std::string own_folder() const;
    std::string claim_path(const core::JobId& id) const;          // <own_folder>/claims/<id>.lease: who runs it
    std::string lock_path(const core::JobId& id) const;           // <own_folder>/locks/<id>.lock: who changes its document just now
    // Makes own_folder() and the folder of such a path in it.
    core::Status make_own_folder(std::string_view path_inside) const;
    // How a job's folder is shown: relative to the project's root where it lies inside, else absolute.
    std::string shown_folder(const core::JobId& id) const;

    core::Result<std::vector<core::JobId>> ids() const;           // by id
    // The job that a user means: an id or a prefix of one. Errc::not_found; Errc::usage: several jobs begin with it (they are named), or it can be no id.
    core::Result<core::JobId> resolve(std::string_view text) const;
    // Errc::not_found; Errc::corrupt: see LeftOut.
    core::Result<Job> read(const core::JobId& id) const;
    // Every job, read by several threads.
    core::Result<Jobs> read_all() const;

    struct Created {
        Job job;
        bool is_new = false;
    };
    // The job of a state point, made when it is not there: whole or not at all. `begin` fills the document of a new one. Errc::usage: the state point can't be one (see check_state_point).
    core::Result<Created> make(const core::Json& state_point, const std::function<void(core::Json& document)>& begin) const;

    // Reads the document, changes it and writes it, while no other process of Runlake can: nothing is lost between two. Members keep their order; what `change` leaves alone stays as it
    // is. An error of `change` is passed on, and nothing is written; nor is a document that did not change. On disk (synced) when it returns.
    // Errc::busy: another holds the document for a long time.
    core::Result<Job> update(const core::JobId& id, const std::function<core::Status(core::Json& document)>& change) const;

  private:
    RunStore(std::string root, std::string path, std::string workspace, Layout layout)
        : root_(std::move(root)), path_(std::move(path)), workspace_(std::move(workspace)), layout_(layout) {}
    std::string root_;
    std::string path_;
    std::string workspace_;
    Layout layout_;
};

// Errc::usage: not an object, a key that is empty or has a dot, a number that is not finite, deeper than 100 levels. Names the place.
core::Status check_state_point(const core::Json& state_point);

}  // namespace runlake::jobs
