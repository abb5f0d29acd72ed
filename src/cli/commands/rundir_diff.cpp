// SPDX-License-Identifier: Apache-2.0
// `runlake rundir diff`
#include "ops/rundir_diff.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/rundir_shared.hpp"
#include "cli/commands/runs_shared.hpp"
#include "cli/render/table.hpp"
#include "core/text.hpp"
#include "ops/rundir_shared.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {k_path_option};
constexpr std::array k_arguments = {
    Argument{.name = "A", .help = "a run directory"},
    Argument{.name = "B", .help = "another one"},
};

std::string size_text(const std::optional<rundir::ManifestEntry>& entry) { return entry ? core::group_thousands(static_cast<std::int64_t>(entry->bytes)) : "-"; }
std::string digest_text(const std::optional<rundir::ManifestEntry>& entry) { return entry ? entry->digest.hex().substr(0, 8) : "-"; }

core::Result<int> run(Invocation& inv) {
    RL_ASSIGN(const ops::RundirDiffResponse response, ops::rundir_diff({.a = inv.value("A").value_or(""), .b = inv.value("B").value_or(""), .globs = inv.values("--path")}));
    const int status = response.differences.empty() ? 0 : 1;
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return status;
    }
    inv.out(core::cat(counted(response.equal, "file"), response.equal == 1 ? " is" : " are", " the same, ",
                      response.differences.empty() ? "none differs" : core::cat(response.differences.size(), response.differences.size() == 1 ? " differs" : " differ"), '\n'));
    if (status == 0) { return status; }
    std::vector<render::Row> rows;
    for (std::size_t i = 0; i < response.differences.size(); ++i) {
        const rundir::Difference& one = response.differences[i];
        rows.push_back({{std::string(ops::difference_name(one.kind))}, {one.path}, {response.stages[i]}, {size_text(one.before)}, {size_text(one.after)}, {digest_text(one.before)}, {digest_text(one.after)}});
    }
    inv.out(render::table({{.title = "In B"},
                           {.title = "Path", .may_shrink = true},
                           {.title = "Stage", .may_shrink = true},
                           {.title = "Bytes A", .align = render::Align::right},
                           {.title = "Bytes B", .align = render::Align::right},
                           {.title = "Digest A"},
                           {.title = "Digest B"}},
                          rows, {.color = inv.color(), .width = inv.width()}));
    return status;
}

}  // namespace

extern const Command k_rundir_diff = {
    .name = "rundir diff", .summary = "Compare the files of two run directories by their manifests", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
