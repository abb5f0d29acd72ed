// SPDX-License-Identifier: Apache-2.0
// Source "verdict": verdicts of replays in the stores of projects. They are about runs, and are none.
#include <array>

#include "lake/source.hpp"
#include "lake/sources/listing.hpp"
#include "os/files.hpp"

namespace runlake::lake {

extern const Extractor k_verdict_extractor;

namespace {

constexpr std::array<const Extractor*, 1> k_extractors = {&k_verdict_extractor};

Detection detect(const FolderNames& folder) {
    Detection out;
    const auto look = [&](std::string path) {
        if (os::is_dir(path)) { out.units.push_back(std::move(path)); }
    };
    if (folder.has_folder(".runlake")) { look(os::join_path(folder.path, ".runlake/verdicts")); }
    if (folder.name() == "verdicts" && os::base_name(os::parent_path(folder.path)) == ".runlake") { out.units.push_back(folder.path); }  // named itself
    // A store with a name of its own.
    if (folder.has_folder("journal") && folder.has_folder("verdicts") && folder.has_file(".gitignore")) { look(os::join_path(folder.path, "verdicts")); }
    return out;
}

core::Result<UnitFiles> list(const Unit& unit) {
    RL_ASSIGN(auto files, Listing::of(unit));
    files.folder("", [](std::string_view name) { return name.ends_with(".json") && !name.starts_with('.'); });
    return std::move(files).finish();
}

}  // namespace

extern const Source k_verdict_source = {.name = "verdict",
                                        .help = "Verdicts of replays in Runlake stores; they are about runs, so all_runs has none of them.",
                                        .detect = detect,
                                        .list = list,
                                        .extractors = k_extractors,
                                        .unit_tables = {},
                                        .all_runs = ""};

}  // namespace runlake::lake
