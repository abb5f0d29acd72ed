// SPDX-License-Identifier: Apache-2.0
// What the commands on run directories have in common.
#include "cli/commands/rundir_shared.hpp"

#include "core/text.hpp"

namespace runlake::cli {

std::optional<std::string> store_dir_of(const Invocation& inv) {
    const core::Result<record::Store> store = inv.store(record::OpenStore::existing);
    if (!store.ok()) { return std::nullopt; }
    return store.value().dir;
}

std::string bytes_text(std::uint64_t bytes) { return core::cat(core::group_thousands(static_cast<std::int64_t>(bytes)), bytes == 1 ? " byte" : " bytes"); }

render::Tone rundir_tone(std::string_view state) {
    if (state == "done") { return render::Tone::good; }
    if (state == "corrupt") { return render::Tone::bad; }
    return state == "absent" ? render::Tone::faint : render::Tone::warn;
}

}  // namespace runlake::cli
