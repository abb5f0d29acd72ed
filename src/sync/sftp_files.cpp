// SPDX-License-Identifier: Apache-2.0
#include "sync/sftp_files.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "core/text.hpp"
#include "os/fault_points.hpp"
#include "os/files.hpp"
#include "sync/names.hpp"
#include "sync/sftp_client.hpp"

namespace runlake::sync {
namespace {

namespace point = os::point;
using sftp::Builder;
using sftp::Client;
using sftp::Taker;

constexpr std::uint32_t k_piece_bytes = 32768;    // the largest that every server takes
constexpr std::size_t k_window = 32;              // pieces on their way
constexpr int k_workers = 12;                     // files on their way: answers take longer than work
constexpr std::int64_t k_second_ns = 1'000'000'000;
constexpr std::uint32_t k_to_read = 1;
constexpr std::uint32_t k_to_write = 2;
constexpr std::uint32_t k_create = 8;
constexpr std::uint32_t k_exclusive = 0x20;
constexpr std::uint32_t k_permissions = 4;
constexpr std::uint32_t k_times = 8;
constexpr std::string_view k_posix_rename = "posix-rename@openssh.com";
constexpr std::string_view k_fsync = "fsync@openssh.com";

std::string cat_shown(const Client& client, const std::string& root, std::string_view path) {
    return path.empty() ? core::cat(client.shown(), ':', root) : core::cat(client.shown(), ':', root, '/', escape_name(path));
}

core::Status injected(os::Point at, std::string_view what, std::string_view shown) {
    const os::Injection fault = os::at_point(at);
    if (fault.error != 0) { return os::system_error(fault.error, what, shown); }
    if (fault.kill_after) { os::kill_now(); }
    return core::ok();
}

// Closes the handle on the other side.
class Handle {
  public:
    Handle(Client& client, std::string text) : client_(client), text_(std::move(text)) {}
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
        if (!closed_) { static_cast<void>(close().ok()); }
    }
    core::Status close() {
        closed_ = true;
        return client_.status_of(client_.call(sftp::k_close, Builder().text(text_).take()), "closing a file");
    }
    const std::string& text() const { return text_; }

  private:
    Client& client_;
    std::string text_;
    bool closed_ = false;
};

class SftpReader : public Reader {
  public:
    SftpReader(Client& client, std::string handle, std::string shown, std::uint64_t offset) : client_(client), handle_(client, std::move(handle)), shown_(std::move(shown)), asked_(offset), wanted_(offset) {}
    ~SftpReader() override {
        for (const auto& [id, offset] : on_their_way_) { static_cast<void>(client_.wait(id).ok()); }
    }

    core::Result<std::string_view> next() override {
        while (!ended_ && on_their_way_.size() < window_) { ask(asked_); asked_ += k_piece_bytes; }
        window_ = std::min(window_ * 2, k_window);   // a short file is asked for once, not thirty times
        if (on_their_way_.empty()) { return std::string_view(); }
        const auto [id, offset] = on_their_way_.front();
        on_their_way_.pop_front();
        RL_ASSIGN(sftp::Packet packet, client_.wait(id));
        if (packet.type == sftp::k_status && sftp::take_status(packet.body).code == sftp::k_eof) {
            ended_ = true;
            return std::string_view();
        }
        if (packet.type != sftp::k_data) { return client_.unexpected(core::cat("reading ", shown_), packet); }
        Taker taker(packet.body);
        piece_ = taker.text();
        if (!taker.ok() || piece_.empty() || piece_.size() > k_piece_bytes || offset != wanted_) { return core::Error(core::Errc::corrupt, core::cat("reading ", shown_, ": the SFTP server's answer is cut off")); }
        wanted_ += piece_.size();
        if (piece_.size() < k_piece_bytes) { RL_TRY(start_again()); }   // the end, or a server that gives less at once
        return std::string_view(piece_);
    }

  private:
    void ask(std::uint64_t offset) { on_their_way_.emplace_back(client_.ask(sftp::k_read, Builder().text(handle_.text()).large(offset).number(k_piece_bytes).take()), offset); }
    core::Status start_again() {
        for (; !on_their_way_.empty(); on_their_way_.pop_front()) {
            const auto answer = client_.wait(on_their_way_.front().first);
            if (!answer.ok()) { return answer.error(); }
        }
        asked_ = wanted_;
        window_ = 1;
        return core::ok();
    }

    Client& client_;
    Handle handle_;
    std::string shown_;
    std::uint64_t asked_;
    std::uint64_t wanted_;
    std::size_t window_ = 1;
    std::deque<std::pair<std::uint32_t, std::uint64_t>> on_their_way_;
    std::string piece_;
    bool ended_ = false;
};

class SftpWriter : public Writer {
  public:
    SftpWriter(Client& client, std::string handle, std::string shown, std::uint64_t offset, os::Point at) : client_(client), handle_(client, std::move(handle)), shown_(std::move(shown)), offset_(offset), at_(at) {}
    ~SftpWriter() override { static_cast<void>(wait_until(0).ok()); }

    core::Status write(std::string_view bytes) override {
        RL_TRY(injected(at_, "writing", shown_));
        for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(bytes.size(), k_piece_bytes))) {
            const std::string_view piece = bytes.substr(0, k_piece_bytes);
            RL_TRY(wait_until(k_window - 1));
            on_their_way_.push_back(client_.ask(sftp::k_write, Builder().text(handle_.text()).large(offset_).text(piece).take()));
            offset_ += piece.size();
        }
        return core::ok();
    }

    core::Result<Attributes> finish(std::int64_t mtime_ns) override {
        RL_TRY(wait_until(0));
        const auto seconds = static_cast<std::uint32_t>(std::clamp<std::int64_t>(mtime_ns / k_second_ns, 0, UINT32_MAX));
        const std::uint32_t set = client_.ask(sftp::k_fsetstat, Builder().text(handle_.text()).number(k_times).number(seconds).number(seconds).take());
        std::uint32_t synced = 0;
        const bool can_sync = client_.can(k_fsync);
        if (can_sync) { synced = client_.ask(sftp::k_extended, Builder().text(k_fsync).text(handle_.text()).take()); }
        const std::uint32_t looked = client_.ask(sftp::k_fstat, Builder().text(handle_.text()).take());
        const core::Status times = client_.status_of(client_.wait(set), core::cat("setting the time of ", shown_));
        const core::Status durable = can_sync ? client_.status_of(client_.wait(synced), core::cat("syncing ", shown_)) : core::ok();
        RL_ASSIGN(const sftp::Packet packet, client_.wait(looked));
        RL_TRY(times);
        RL_TRY(durable);
        if (packet.type != sftp::k_attrs) { return client_.unexpected(core::cat("looking at ", shown_), packet); }
        Taker taker(packet.body);
        const Attributes there = sftp::take_attributes(taker);
        if (!taker.ok()) { return core::Error(core::Errc::corrupt, core::cat("looking at ", shown_, ": the SFTP server's answer is cut off")); }
        RL_TRY(handle_.close());
        return there;
    }

  private:
    core::Status wait_until(std::size_t left) {
        core::Status first = core::ok();
        while (on_their_way_.size() > left) {
            core::Status written = client_.status_of(client_.wait(on_their_way_.front()), core::cat("writing ", shown_));
            on_their_way_.pop_front();
            if (!written.ok() && first.ok()) { first = std::move(written); }
        }
        return first;
    }

    Client& client_;
    Handle handle_;
    std::string shown_;
    std::uint64_t offset_;
    os::Point at_;
    std::deque<std::uint32_t> on_their_way_;
};

class SftpFiles : public Files {
  public:
    SftpFiles(std::unique_ptr<Client> client, std::string root) : client_(std::move(client)), root_(std::move(root)) {}

    std::string shown(std::string_view path) const override { return cat_shown(*client_, root_, path); }
    int workers() const override { return k_workers; }

    core::Result<std::vector<Named>> list(const std::string& folder) override {
        // The last part is asked for with its kind: the server would follow a link.
        if (!folder.empty()) {
            RL_ASSIGN(const Attributes there, look(folder));
            if (there.what != What::folder) { return core::Error(core::Errc::not_found, core::cat("listing ", shown(folder), ": it is no folder any more")); }
        }
        const std::string what = core::cat("listing ", shown(folder));
        RL_ASSIGN(std::string text, client_->handle_of(client_->call(sftp::k_opendir, Builder().text(at(folder)).take()), what));
        const Handle handle(*client_, std::move(text));
        std::vector<Named> found;
        for (;;) {
            RL_ASSIGN(const sftp::Packet packet, client_->call(sftp::k_readdir, Builder().text(handle.text()).take()));
            if (packet.type == sftp::k_status && sftp::take_status(packet.body).code == sftp::k_eof) { break; }
            if (packet.type != sftp::k_name) { return client_->unexpected(what, packet); }
            RL_ASSIGN(std::vector<Named> names, sftp::take_names(packet.body));
            for (Named& name : names) {
                // A name with a slash in it is a server's lie.
                if (name.name != "." && name.name != ".." && is_safe_path(name.name) && name.name.find('/') == std::string::npos) { found.push_back(std::move(name)); }
            }
        }
        std::sort(found.begin(), found.end(), [](const Named& a, const Named& b) { return a.name < b.name; });
        return found;
    }

    core::Result<Attributes> look(const std::string& path) override {
        const std::string what = core::cat("looking at ", shown(path));
        RL_ASSIGN(const sftp::Packet packet, client_->call(sftp::k_lstat, Builder().text(at(path)).take()));
        if (packet.type != sftp::k_attrs) { return client_->unexpected(what, packet); }
        Taker taker(packet.body);
        const Attributes there = sftp::take_attributes(taker);
        if (!taker.ok()) { return core::Error(core::Errc::corrupt, core::cat(what, ": the SFTP server's answer is cut off")); }
        return there;
    }

    core::Result<std::unique_ptr<Reader>> open(const std::string& path, std::uint64_t offset) override {
        RL_ASSIGN(std::string handle, open_handle(path, k_to_read, 0));
        return std::unique_ptr<Reader>(std::make_unique<SftpReader>(*client_, std::move(handle), shown(path), offset));
    }

    core::Result<std::unique_ptr<Writer>> append(const std::string& path, std::uint64_t offset, bool executable, os::Point where) override {
        RL_TRY(injected(where, "creating", shown(path)));
        RL_ASSIGN(std::string handle, open_handle(path, offset > 0 ? k_to_write : k_to_write | k_create | k_exclusive, executable ? 0777U : 0666U));
        return std::unique_ptr<Writer>(std::make_unique<SftpWriter>(*client_, std::move(handle), shown(path), offset, where));
    }

    core::Status make_folder(const std::string& path) override {
        if (path.empty()) { return make_root(); }
        RL_TRY(injected(point::sync_copy, "creating folder", shown(path)));
        const core::Status made = client_->status_of(client_->call(sftp::k_mkdir, Builder().text(at(path)).number(0).take()), core::cat("creating folder ", shown(path)));
        if (!made.ok() && made.error().code() == core::Errc::io && look(path).ok()) { return core::Error(core::Errc::conflict, made.error().message()); }
        return made;
    }

    core::Status rename(const std::string& from, const std::string& to, Existing existing) override {
        const std::string what = core::cat("renaming to ", shown(to));
        const os::Injection fault = os::at_point(point::sync_publish);
        if (fault.error != 0) { return os::system_error(fault.error, "renaming to", shown(to)); }
        core::Status renamed = core::ok();
        if (existing == Existing::replace) {
            if (!client_->can(k_posix_rename)) { return core::Error(core::Errc::unsupported, core::cat(what, ": the server can't replace a file at once (", k_posix_rename, ')')); }
            renamed = client_->status_of(client_->call(sftp::k_extended, Builder().text(k_posix_rename).text(at(from)).text(at(to)).take()), what);
        } else {
            // The protocol's own rename replaces nothing.
            renamed = client_->status_of(client_->call(sftp::k_rename, Builder().text(at(from)).text(at(to)).take()), what);
            if (!renamed.ok() && renamed.error().code() == core::Errc::io && look(to).ok()) { renamed = core::Error(core::Errc::conflict, core::cat(what, ": something is there by now")); }
        }
        if (fault.kill_after) { os::kill_now(); }
        return renamed;
    }

    core::Status remove(const std::string& path) override {
        RL_TRY(injected(point::sync_copy, "removing", shown(path)));
        core::Status removed = client_->status_of(client_->call(sftp::k_remove, Builder().text(at(path)).take()), core::cat("removing ", shown(path)));
        if (!removed.ok() && removed.error().code() == core::Errc::not_found) { return core::ok(); }
        return removed;
    }

    core::Status settle() override { return core::ok(); }   // each file was synced before it was renamed; folders can't be, by this protocol

  private:
    std::string at(const std::string& path) const { return path.empty() ? root_ : core::cat(root_, '/', path); }

    core::Result<std::string> open_handle(const std::string& path, std::uint32_t flags, std::uint32_t mode) {
        Builder words;
        words.text(at(path)).number(flags).number(mode == 0 ? 0 : k_permissions);
        if (mode != 0) { words.number(mode); }
        return client_->handle_of(client_->call(sftp::k_open, words.take()), core::cat("opening ", shown(path)));
    }

    core::Status make_root() {
        for (std::size_t end = root_.find('/', 1);; end = root_.find('/', end + 1)) {
            const std::string folder = root_.substr(0, end);
            const core::Result<sftp::Packet> there = client_->call(sftp::k_lstat, Builder().text(folder).take());
            if (!there.ok()) { return there.error(); }
            if (there.value().type != sftp::k_attrs) {
                RL_TRY(injected(point::sync_copy, "creating folder", folder));
                const core::Status made = client_->status_of(client_->call(sftp::k_mkdir, Builder().text(folder).number(0).take()), core::cat("creating folder ", client_->shown(), ':', folder));
                const core::Result<sftp::Packet> again = client_->call(sftp::k_lstat, Builder().text(folder).take());
                if (!made.ok() && !(again.ok() && again.value().type == sftp::k_attrs)) { return made; }
            }
            if (end == std::string::npos) { return core::ok(); }
        }
    }

    std::unique_ptr<Client> client_;
    std::string root_;
};

}  // namespace

std::vector<std::string> ssh_words(const SshAddress& address) {
    // No question can be answered here; a line that is dead is noticed.
    return {"ssh", "-oBatchMode=yes", "-oConnectTimeout=30", "-oServerAliveInterval=30", "-oServerAliveCountMax=4", "-oForwardAgent=no", "-oForwardX11=no", "-oPermitLocalCommand=no", "-p", std::to_string(address.port), "-l", address.user,
            "-s", "--", address.host, "sftp"};
}

core::Result<std::unique_ptr<Files>> open_sftp(const std::vector<std::string>& words, const std::string& shown, const std::string& root) {
    RL_ASSIGN(std::unique_ptr<Client> client, Client::connect(words, shown));
    return std::unique_ptr<Files>(std::make_unique<SftpFiles>(std::move(client), root));
}

}  // namespace runlake::sync
