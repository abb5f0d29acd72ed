// SPDX-License-Identifier: Apache-2.0
// Run directories that are given by a path or by an object store's address: what operations work on is a folder either way.
#pragma once

#include <optional>
#include <string>

#include "core/result.hpp"
#include "rundir/remote.hpp"

namespace runlake::ops {

// To look at: a path is taken as it is, an address is copied into a folder of its own, which goes with this value.
class RunDirToRead {
  public:
    static core::Result<RunDirToRead> open(const std::string& given, rundir::FetchDepth depth);
    RunDirToRead(RunDirToRead&& other) noexcept;
    RunDirToRead& operator=(RunDirToRead&&) = delete;
    RunDirToRead(const RunDirToRead&) = delete;
    RunDirToRead& operator=(const RunDirToRead&) = delete;
    ~RunDirToRead();

    const std::string& path() const { return path_; }                       // what rundir::RunDir::open takes
    const std::optional<std::string>& address() const { return address_; }  // what to call it, when it is not path()

  private:
    RunDirToRead(std::string path, std::optional<std::string> address, std::string temporary)
        : path_(std::move(path)), address_(std::move(address)), temporary_(std::move(temporary)) {}
    std::string path_;
    std::optional<std::string> address_;
    std::string temporary_;
};

// To work in: `folder` of the store, and what is published there goes to `uri` afterwards.
struct RunDirToWorkIn {
    std::string folder;
    std::optional<rundir::RemoteUri> uri;
};
// An existing one: brought here first when it is remote.
core::Result<RunDirToWorkIn> bring_run_dir(const std::string& given, const std::string& store_dir);
// Where those of a base are made. The base itself when it is a folder.
core::Result<std::string> local_base(const std::string& base, const std::string& store_dir);
// The address of one made in local_base(base); nothing when the base is a folder.
core::Result<std::optional<rundir::RemoteUri>> address_below(const std::string& base, const std::string& run_dir);
// Sends what is published. The error says where the results are meanwhile.
core::Result<rundir::Pushed> send_run_dir(const rundir::RunDir& run_dir, const rundir::RemoteUri& uri, const std::string& store_dir);

}  // namespace runlake::ops
