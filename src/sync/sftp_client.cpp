// SPDX-License-Identifier: Apache-2.0
#include "sync/sftp_client.hpp"

#include "core/text.hpp"
#include "os/start_thread.hpp"

namespace runlake::sync::sftp {
namespace {

std::string framed(std::uint8_t type, std::string_view rest) {
    std::string out = Builder().number(static_cast<std::uint32_t>(rest.size() + 1)).take();
    out += static_cast<char>(type);
    out += rest;
    return out;
}

std::string last_line(std::string_view text) {
    std::string_view last;
    for (const std::string_view line : core::split(text, '\n')) {
        if (!core::trim(line).empty()) { last = core::trim(line); }
    }
    return core::valid_utf8(last);
}

}  // namespace

core::Result<std::unique_ptr<Client>> Client::connect(const std::vector<std::string>& words, const std::string& shown) {
    core::Result<os::PipedChild> child = os::PipedChild::start(words);
    if (!child.ok()) {
        if (child.error().code() != core::Errc::not_found) { return std::move(child).take_error(); }
        return core::Error(core::Errc::unsupported, core::cat("connecting to ", shown, ": the program ssh is not installed (Debian: apt-get install openssh-client)"));
    }
    std::unique_ptr<Client> client(new Client(std::move(child).take(), shown));
    RL_TRY(client->greet());
    RL_ASSIGN(client->receiver_, os::start_thread([raw = client.get()] { raw->receive_all(); }));
    return client;
}

Client::~Client() {
    child_.hang_up();
    if (receiver_.joinable()) { receiver_.join(); }
}

core::Status Client::greet() {
    child_.send(framed(k_init, Builder().number(3).take()));
    for (;;) {
        const std::string_view piece = child_.receive();
        if (piece.empty()) {
            why_over_ = last_line(child_.complaints());
            return gone();
        }
        received_ += piece;
        auto packet = next_packet(received_, true);
        if (!packet.ok()) { return std::move(packet).take_error().context(core::cat("connecting to ", shown_)); }
        if (!packet.value()) { continue; }
        if (packet.value()->second.type != k_version) { return unexpected("connecting", packet.value()->second); }
        auto extensions = take_extensions(packet.value()->second.body);
        if (!extensions.ok()) { return std::move(extensions).take_error().context(core::cat("connecting to ", shown_)); }
        extensions_.insert(extensions.value().begin(), extensions.value().end());
        return core::ok();
    }
}

void Client::receive_all() {
    std::string why;
    for (;;) {
        const std::string_view piece = child_.receive();
        if (piece.empty()) {
            why = last_line(child_.complaints());
            break;
        }
        received_ += piece;
        bool broken = false;
        for (;;) {
            auto packet = next_packet(received_, false);
            broken = !packet.ok();
            if (broken) { why = packet.error().message(); }
            if (broken || !packet.value()) { break; }
            const std::scoped_lock lock(mutex_);
            answers_.insert_or_assign(packet.value()->first, std::move(packet.value()->second));
            arrived_.notify_all();
        }
        if (broken) { break; }
    }
    const std::scoped_lock lock(mutex_);
    is_over_ = true;
    why_over_ = std::move(why);
    arrived_.notify_all();
}

std::uint32_t Client::ask(Type type, std::string_view body) {
    const std::scoped_lock sending(sending_);
    const std::uint32_t id = next_id_++;
    std::string rest = Builder().number(id).take();
    rest += body;
    child_.send(framed(type, rest));   // that it is gone is told by the end of what it says
    return id;
}

core::Result<Packet> Client::wait(std::uint32_t id) {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return is_over_ || answers_.contains(id); });
    const auto found = answers_.find(id);
    if (found == answers_.end()) { return gone(); }
    Packet packet = std::move(found->second);
    answers_.erase(found);
    return packet;
}

core::Error Client::gone() const {
    return {core::Errc::io, core::cat("talking with ", shown_, ": ", why_over_.empty() ? "the connection ended" : why_over_)};
}

core::Error Client::unexpected(std::string_view what, const Packet& packet) const {
    if (packet.type != k_status) { return {core::Errc::corrupt, core::cat(what, ": the SFTP server of ", shown_, " answers with a packet of type ", packet.type)}; }
    const Status status = take_status(packet.body);
    const core::Errc code = status.code == k_no_such_file ? core::Errc::not_found : status.code == k_unsupported ? core::Errc::unsupported : core::Errc::io;
    const std::string said = core::lower_ascii(status.message);
    return {code, core::cat(what, ": ", status.code == k_failure ? "the server refuses (a full or read-only disk, a quota, or something in the way)" : said.empty() ? core::cat("error ", status.code) : said)};
}

core::Status Client::status_of(core::Result<Packet> answer, std::string_view what) const {
    if (!answer.ok()) { return std::move(answer).take_error(); }
    if (answer.value().type == k_status && take_status(answer.value().body).code == k_ok) { return core::ok(); }
    return unexpected(what, answer.value());
}

core::Result<std::string> Client::handle_of(core::Result<Packet> answer, std::string_view what) const {
    if (!answer.ok()) { return std::move(answer).take_error(); }
    if (answer.value().type != k_handle) { return unexpected(what, answer.value()); }
    Taker taker(answer.value().body);
    std::string handle(taker.text());
    if (!taker.ok()) { return core::Error(core::Errc::corrupt, core::cat(what, ": the SFTP server's handle is cut off")); }
    return handle;
}

}  // namespace runlake::sync::sftp
