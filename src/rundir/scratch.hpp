// SPDX-License-Identifier: Apache-2.0
// Inside rundir only: a folder for what is on its way, which goes with its owner.
#pragma once

#include <string>
#include <utility>

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "rundir/parts.hpp"

namespace runlake::rundir {

class Scratch {
  public:
    // "<beside>.pull-<16 hex>": on the same file system as what it is to become.
    static core::Result<Scratch> make(const std::string& beside) {
        std::string path = core::cat(beside, ".pull-", os::random_hex(16));
        RL_TRY(os::make_dirs(path, 0777, os::point::remote_write));
        return Scratch(std::move(path));
    }
    Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    Scratch& operator=(Scratch&&) = delete;
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() {
        if (!path_.empty()) { static_cast<void>(remove_readonly_tree(path_, os::point::remote_write).ok()); }
    }
    const std::string& path() const { return path_; }

  private:
    explicit Scratch(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

}  // namespace runlake::rundir
