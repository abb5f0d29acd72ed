// SPDX-License-Identifier: Apache-2.0
// What is the same for files here and elsewhere.
#include "sync/files.hpp"

#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "sync/names.hpp"

namespace runlake::sync {

core::Status make_way(Files& files, std::string_view path) {
    for (std::size_t end = path.find('/'); end != std::string_view::npos; end = path.find('/', end + 1)) {
        const std::string folder(path.substr(0, end));
        core::Result<Attributes> there = files.look(folder);
        if (!there.ok() && there.error().code() == core::Errc::not_found) {
            const core::Status made = files.make_folder(folder);
            if (made.ok()) { continue; }
            if (made.error().code() != core::Errc::conflict) { return made; }
            there = files.look(folder);   // another one made it just now
        }
        if (!there.ok()) { return std::move(there).take_error(); }
        if (there.value().what != What::folder) {
            return core::Error(core::Errc::conflict, core::cat("writing ", files.shown(path), ": ", escape_name(folder), there.value().what == What::link ? " is a symbolic link, which is not followed" : " is no folder"));
        }
    }
    return core::ok();
}

core::Result<std::string> read_text(Files& files, const std::string& path, std::uint64_t max_bytes) {
    RL_ASSIGN(const std::unique_ptr<Reader> reader, files.open(path, 0));
    std::string text;
    for (;;) {
        RL_ASSIGN(const std::string_view piece, reader->next());
        if (piece.empty()) { return text; }
        if (text.size() + piece.size() > max_bytes) { return core::Error(core::Errc::io, core::cat("reading ", files.shown(path), ": larger than ", max_bytes, " bytes")); }
        text.append(piece);
    }
}

core::Status write_text(Files& files, const std::string& path, std::string_view text) {
    RL_TRY(files.make_folder(""));
    RL_TRY(make_way(files, path));
    const std::string temporary = core::cat(path, '.', os::random_hex(16), ".tmp");
    RL_ASSIGN(const std::unique_ptr<Writer> writer, files.append(temporary, 0, false, os::point::sync_manifest_write));
    const auto written = [&]() -> core::Status {
        RL_TRY(writer->write(text));
        RL_TRY(writer->finish(os::system_clock().now().micros * 1000));
        return files.rename(temporary, path, Files::Existing::replace);
    }();
    if (!written.ok()) { static_cast<void>(files.remove(temporary).ok()); }
    return written;
}

}  // namespace runlake::sync
