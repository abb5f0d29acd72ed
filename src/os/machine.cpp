// SPDX-License-Identifier: Apache-2.0
// Which machine this is: an id that stays, a host name for people, and the boot.
#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "core/digest.hpp"
#include "core/hex.hpp"
#include "core/text.hpp"
#include "os/files.hpp"
#include "os/system.hpp"
#include "os/system_parts.hpp"

namespace runlake::os {
namespace {

constexpr std::size_t k_id_digits = 32;

bool is_hex_id(std::string_view text) {
    return text.size() == k_id_digits && core::is_hex(text);
}

std::string hashed(std::string_view kind, std::string_view value) {
    return core::FieldHash("runlake-machine").field(kind, value).finish().hex().substr(0, k_id_digits);
}

// The id kept in the user's state folder under this host's name (a home folder may be shared by many hosts); made at the first call.
std::optional<std::string> kept_id(const MachineSources& sources) {
    if (!sources.state_home) { return std::nullopt; }
    const std::string path = join_path(*sources.state_home, "machine-id-" + core::sha256(sources.host).hex().substr(0, 16));
    const auto read = [&]() -> std::optional<std::string> {
        const core::Result<std::string> text = read_file(path, 4096);
        if (!text.ok() || !is_hex_id(core::trim(text.value()))) { return std::nullopt; }
        return std::string(core::trim(text.value()));
    };
    if (std::optional<std::string> found = read()) { return found; }
    if (!make_dirs(*sources.state_home, 0700, point::machine_id_write).ok()) { return std::nullopt; }
    const std::string made = random_hex(k_id_digits) + "\n";
    // Whoever comes second reads the first one's. What is there and no id (a torn disk) is replaced.
    const core::Status published = publish_file(path, made, 0600, Existing::keep, Durability::process, point::machine_id_write);
    if (!published.ok() && published.error().code() == core::Errc::conflict && !read()) {
        if (!publish_file(path, made, 0600, Existing::replace, Durability::process, point::machine_id_write).ok()) { return std::nullopt; }
    }
    return read();
}

std::string read_boot_id() {
    const core::Result<std::string> text = read_file("/proc/sys/kernel/random/boot_id", 4096);
    if (!text.ok()) { return ""; }
    std::string id(core::trim(text.value()));
    std::erase(id, '-');
    return is_hex_id(id) ? id : "";
}

}  // namespace

std::string compute_machine_id(const MachineSources& sources) {
    const core::Result<std::string> text = read_file(sources.machine_id_file, 4096);
    if (text.ok()) {
        const std::string_view id = core::trim(text.value());
        if (!id.empty() && id != "uninitialized") { return hashed("machine-id", id); }
    }
    if (std::optional<std::string> kept = kept_id(sources)) { return *kept; }
    return hashed("host-and-boot", core::cat(sources.host, '\n', sources.boot));
}

const std::string& machine_id() {
    static const auto* const id = new std::string(compute_machine_id({"/etc/machine-id", state_home(), host_name(), boot_id()}));
    return *id;
}

std::string host_name() {
    std::array<char, HOST_NAME_MAX + 1> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') { return "localhost"; }
    return name.data();
}

std::string label_of(std::string_view host) {
    std::string label;
    for (const char c : core::lower_ascii(host.substr(0, host.find('.')))) {
        const bool fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (fits) {
            label += c;
        } else if (!label.empty() && label.back() != '-') {
            label += '-';
        }
    }
    label.resize(std::min<std::size_t>(label.size(), 24));
    while (label.ends_with('-')) { label.pop_back(); }
    return label.empty() ? "machine" : label;
}

std::string machine_label() { return label_of(host_name()); }

const std::string& boot_id() {
    static const auto* const id = new std::string(read_boot_id());
    return *id;
}

}  // namespace runlake::os
