// SPDX-License-Identifier: Apache-2.0
// `runlake rundir export`
#include "ops/rundir_export.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/commands/rundir_shared.hpp"
#include "cli/commands/runs_shared.hpp"
#include "core/text.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = {
    Option{.names = "--to-env", .value = "NAME", .help = "the environment variable that names the folder to copy to"},
    k_path_option,
    Option{.names = "--replace", .value = "", .help = "replace files that are there with other content"},
};
constexpr std::array k_arguments = {k_rundir_argument};

core::Result<int> run(Invocation& inv) {
    const std::optional<std::string> variable = inv.value("--to-env");
    if (!variable || variable->empty()) { return core::Error(core::Errc::usage, "--to-env NAME is needed, for example --to-env MODEL_INGESTION_PATH"); }
    RL_ASSIGN(const ops::RundirExportResponse response,
              ops::rundir_export({.path = inv.value("DIR").value_or(""), .globs = inv.values("--path"), .variable = *variable, .replace = inv.flag("--replace")}));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    std::size_t copied = 0;
    for (const ops::ExportedFile& file : response.files) {
        copied += file.was_there ? 0 : 1;
        inv.out(core::cat(file.was_there ? "is there " : "copied   ", render::harmless_line(file.path), '\n'));
    }
    inv.out(core::cat(counted(copied, "file"), " copied to ", render::harmless_line(response.target), ", ", bytes_text(response.copied_bytes), ", each checked against the manifest\n"));
    return 0;
}

}  // namespace

extern const Command k_rundir_export = {
    .name = "rundir export", .summary = "Copy files of a run directory to where others take them from", .options = k_options, .arguments = k_arguments, .run = run};

}  // namespace runlake::cli
