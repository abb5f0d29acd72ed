// SPDX-License-Identifier: Apache-2.0
// Reads the files of many jobs quickly: by the open folder of the workspace, one read a file.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"
#include "jobs/run_store.hpp"
#include "os/files.hpp"

namespace runlake::jobs {

// For one thread.
class JobReader {
  public:
    static core::Result<JobReader> open(const std::string& workspace);   // not_found

    // As RunStore::read().
    core::Result<Job> read(const core::JobId& id);

  private:
    JobReader(std::string workspace, os::Fd folder);
    core::Result<core::Json> read_object(const core::JobId& id, std::string_view file);
    core::Result<std::string_view> read_text(const core::JobId& id, std::string_view file);

    std::string workspace_;
    os::Fd folder_;
    std::unique_ptr<char[]> buffer_;
    std::string large_;   // of a file that the buffer can't hold
};

}  // namespace runlake::jobs
