// SPDX-License-Identifier: Apache-2.0
#include "sync/sftp_packet.hpp"

#include <utility>

#include "core/text.hpp"

namespace runlake::sync::sftp {
namespace {

constexpr std::uint32_t k_attr_size = 1;
constexpr std::uint32_t k_attr_owner = 2;
constexpr std::uint32_t k_attr_permissions = 4;
constexpr std::uint32_t k_attr_times = 8;
constexpr std::uint32_t k_attr_extended = 0x80000000U;
constexpr std::int64_t k_second_ns = 1'000'000'000;

core::Error corrupt(std::string_view what) { return {core::Errc::corrupt, core::cat("the SFTP server's answer is not understood: ", what)}; }

}  // namespace

Builder& Builder::number(std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) { out_ += static_cast<char>(value >> static_cast<unsigned>(shift) & 0xffU); }
    return *this;
}

Builder& Builder::large(std::uint64_t value) { return number(static_cast<std::uint32_t>(value >> 32U)).number(static_cast<std::uint32_t>(value)); }

Builder& Builder::text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    out_ += value;
    return *this;
}

std::string_view Taker::take(std::size_t count) {
    if (rest_.size() < count) {
        ok_ = false;
        rest_ = {};
        return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
}

std::uint32_t Taker::number() {
    std::uint32_t value = 0;
    for (const char c : take(4)) { value = value << 8U | static_cast<unsigned char>(c); }
    return value;
}

std::uint64_t Taker::large() {
    const std::uint64_t high = number();
    return high << 32U | number();
}

std::string_view Taker::text() { return take(number()); }

Attributes take_attributes(Taker& taker) {
    Attributes of;
    of.what = What::file;   // a server that does not tell the kind tells it by the permissions of everything else
    const std::uint32_t flags = taker.number();
    if ((flags & k_attr_size) != 0) { of.bytes = taker.large(); }
    if ((flags & k_attr_owner) != 0) { taker.large(); }
    if ((flags & k_attr_permissions) != 0) {
        const std::uint32_t mode = taker.number();
        of.executable = (mode & 0100U) != 0;
        switch (mode & 0170000U) {
            case 0100000U: of.what = What::file; break;
            case 0040000U: of.what = What::folder; break;
            case 0120000U: of.what = What::link; break;
            default: of.what = What::other; break;
        }
    }
    if ((flags & k_attr_times) != 0) {
        taker.number();
        of.mtime_ns = static_cast<std::int64_t>(taker.number()) * k_second_ns;
    }
    if ((flags & k_attr_extended) != 0) {
        for (std::uint32_t left = taker.number(); left > 0 && taker.ok(); --left) {
            taker.text();
            taker.text();
        }
    }
    return of;
}

core::Result<std::vector<Named>> take_names(std::string_view body) {
    Taker taker(body);
    std::vector<Named> names;
    for (std::uint32_t left = taker.number(); left > 0 && taker.ok(); --left) {
        Named entry;
        entry.name = taker.text();
        taker.text();   // as `ls -l` would show it
        entry.attributes = take_attributes(taker);
        if (taker.ok()) { names.push_back(std::move(entry)); }
    }
    if (!taker.ok()) { return corrupt("a list of names is cut off"); }
    return names;
}

core::Result<std::vector<std::string>> take_extensions(std::string_view body) {
    Taker taker(body);
    if (const std::uint32_t version = taker.number(); !taker.ok() || version < 3) { return core::Error(core::Errc::unsupported, "the SFTP server speaks an older version than 3"); }
    std::vector<std::string> names;
    while (!taker.at_end()) {
        names.emplace_back(taker.text());
        taker.text();
        if (!taker.ok()) { return corrupt("its list of extensions is cut off"); }
    }
    return names;
}

Status take_status(std::string_view body) {
    Taker taker(body);
    Status status;
    status.code = taker.number();
    status.message = core::valid_utf8(taker.text());
    if (!taker.ok() && status.code == k_ok) { status.message.clear(); }
    return status;
}

core::Result<std::optional<std::pair<std::uint32_t, Packet>>> next_packet(std::string& received, bool is_first) {
    using Next = std::optional<std::pair<std::uint32_t, Packet>>;
    if (received.size() < 4) { return Next(); }
    Taker taker(std::string_view(received).substr(0, 4));
    const std::size_t length = taker.number();
    const std::size_t least = is_first ? 1 : 5;
    if (length < least || length > k_longest_packet) { return corrupt("it is no packet; does the remote's login print something?"); }
    if (received.size() < 4 + length) { return Next(); }
    Packet packet{.type = static_cast<std::uint8_t>(received[4]), .body = {}};
    std::uint32_t id = 0;
    if (!is_first) { id = Taker(std::string_view(received).substr(5, 4)).number(); }
    packet.body = received.substr(4 + least, length - least);
    received.erase(0, 4 + length);
    return Next(std::pair(id, std::move(packet)));
}

}  // namespace runlake::sync::sftp
