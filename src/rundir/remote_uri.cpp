// SPDX-License-Identifier: Apache-2.0
// Addresses of run directories in object stores.
#include <algorithm>

#include "core/digest.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "rundir/remote.hpp"

namespace runlake::rundir {
namespace {

bool is_scheme(std::string_view text) {
    const auto inner = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' || c == '_'; };
    return !text.empty() && ((text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z')) && std::all_of(text.begin(), text.end(), inner);
}

constexpr std::string_view k_separator = "://";
constexpr std::size_t k_folder_digits = 16;

}  // namespace

bool RemoteUri::is_one(std::string_view text) {
    const std::size_t at = text.find(k_separator);
    return at != std::string_view::npos && is_scheme(text.substr(0, at));
}

core::Result<RemoteUri> RemoteUri::parse(std::string_view text) {
    const auto refuse = [&](std::string_view why) { return core::Error(core::Errc::usage, core::cat("the address \"", core::valid_utf8(text), "\": ", why)); };
    if (!is_one(text)) { return refuse("an object store's address is SCHEME://BUCKET/NAME"); }
    const std::size_t scheme = text.find(k_separator);
    const std::string_view place = text.substr(scheme + k_separator.size());
    if (text.substr(0, scheme) == "file") { return refuse("for a folder on this machine give its path"); }
    if (core::valid_utf8(text) != text || std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
        return refuse("it holds what is no text or a control character");
    }
    if (place.empty() || place.front() == '/') { return refuse("it names no bucket"); }
    // Whoever passes these on takes them for folders and drops them.
    if (place.ends_with("//")) { return refuse("it ends in an empty name"); }
    for (const std::string_view part : core::split(place, '/')) {
        if (part == "." || part == "..") { return refuse(core::cat("rclone can't keep a part \"", part, '"')); }
    }
    return RemoteUri(std::string(text), scheme);
}

std::string_view RemoteUri::name() const {
    std::string_view whole = place();
    if (whole.ends_with('/')) { whole.remove_suffix(1); }
    return whole.substr(whole.rfind('/') + 1);
}

std::string RemoteUri::child(std::string_view below) const { return core::cat(text_, text_.ends_with('/') ? "" : "/", below); }

std::string remote_base_folder(const std::string& store_dir, const RemoteUri& base) {
    std::string_view text = base.text();
    if (text.ends_with('/')) { text.remove_suffix(1); }
    return core::cat(store_dir, "/remote/", core::sha256(text).hex().substr(0, k_folder_digits));
}

std::string remote_folder(const std::string& store_dir, const RemoteUri& uri) {
    std::string_view base = uri.text();
    if (base.ends_with('/')) { base.remove_suffix(1); }
    base.remove_suffix(std::min(base.size(), uri.name().size() + 1));
    return core::cat(store_dir, "/remote/", core::sha256(base).hex().substr(0, k_folder_digits), '/', uri.name());
}

}  // namespace runlake::rundir
