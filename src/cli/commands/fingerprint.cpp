// SPDX-License-Identifier: Apache-2.0
// `runlake fingerprint`
#include "ops/fingerprint.hpp"

#include <array>

#include "cli/command.hpp"
#include "cli/render/table.hpp"
#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::cli {
namespace {

constexpr std::array k_options = std::to_array<Option>({
    {.names = "--input", .value = "PATH", .help = "A file, folder or glob that is read", .repeats = true},
    {.names = "--interpreter", .value = "PROGRAM", .help = "The Python whose packages count; default: python3"},
});

std::string known_count(const core::Json& values) {
    std::size_t known = 0;
    std::size_t unknown = 0;
    for (const auto& [name, value] : *values.as_object()) {
        const auto state = value.string_at("state");
        known += state == "value" ? 1U : 0U;
        unknown += state == "unknown" ? 1U : 0U;
    }
    return core::cat(known, unknown == 0 ? "" : core::cat(", ", unknown, " unknown"));
}

core::Result<int> run(Invocation& inv) {
    ops::FingerprintRequest request;
    RL_ASSIGN(request.working_dir, os::current_dir());
    request.inputs = inv.values("--input");
    request.interpreter = inv.value("--interpreter");
    if (auto store = inv.store(record::OpenStore::existing); store.ok()) { request.store = std::move(store).take(); }
    RL_ASSIGN(const ops::FingerprintResponse response, ops::fingerprint(request));
    if (inv.json()) {
        inv.answer(ops::to_json(response));
        return 0;
    }
    std::vector<render::Row> rows;
    for (const ops::FingerprintGroup& group : response.groups) { rows.push_back({{group.name}, {group.digest.substr(0, 16)}, {known_count(group.values)}}); }
    inv.out(render::table({{.title = "Group"}, {.title = "Digest"}, {.title = "Known"}}, rows, {.color = inv.color(), .width = inv.width()}));
    inv.out(core::cat("fingerprint    ", response.digest, "\ninstance type  from ", response.instance_type_from, "\nimage          from ", response.image_from, '\n'));
    return 0;
}

}  // namespace

extern const Command k_fingerprint = {.name = "fingerprint", .summary = "Show what a program would run on and with here", .options = k_options, .run = run};

}  // namespace runlake::cli
