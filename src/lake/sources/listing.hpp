// SPDX-License-Identifier: Apache-2.0
// Listing the files of a unit, as most sources do it: files by name, trees of files.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "lake/source.hpp"
#include "os/files.hpp"

namespace runlake::lake {

// Collects what is there; a file that goes away meanwhile is one that was not there.
class Listing {
  public:
    // Errc::not_found: the unit's folder is gone.
    static core::Result<Listing> of(const Unit& unit);

    // The file at `rel_path` below the unit's folder; nothing where there is none. `is_packed` by its name.
    void file(const std::string& rel_path);
    // All files below a folder of the unit, less what systems leave there ("._*", ".DS_Store"). `levels`: of folders below it. Links to folders are not followed.
    void tree(const std::string& rel_dir, int levels = 16);
    // Visits each folder in a folder of the unit ("": its own), by its path below the unit; hidden ones are left out, links are followed.
    void each_folder(const std::string& rel_dir, const std::function<void(const std::string& rel_path)>& visit);
    // Files of the folder itself, whose names `takes` wants.
    void folder(const std::string& rel_dir, bool (*takes)(std::string_view name));

    core::Result<UnitFiles> finish() &&;

  private:
    explicit Listing(const Unit& unit) : unit_(&unit) {}
    // Nothing where there is no such folder; what can't be listed is told.
    std::vector<os::DirEntry> entries_of(const std::string& rel_dir);
    const Unit* unit_;
    UnitFiles out_;
};

}  // namespace runlake::lake
