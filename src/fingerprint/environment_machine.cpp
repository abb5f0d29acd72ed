// SPDX-License-Identifier: Apache-2.0
// The groups "machine", "system" and "gpu": what the kernel and the distribution say of themselves.
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/text.hpp"
#include "fingerprint/environment_parts.hpp"
#include "fingerprint/ld_cache.hpp"

namespace runlake::fingerprint {
namespace {

// "key : value" lines of the first block of a text like /proc/cpuinfo.
std::map<std::string, std::string> first_block(std::string_view text) {
    std::map<std::string, std::string> values;
    for (const std::string_view line : core::split(text, '\n')) {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) {
            if (!values.empty()) { break; }
            continue;
        }
        values.emplace(core::trim(line.substr(0, colon)), core::trim(line.substr(colon + 1)));
    }
    return values;
}

std::string sorted_words(std::string_view text) {
    std::set<std::string_view> words;
    for (const std::string_view word : core::split(text, ' ')) {
        if (!word.empty()) { words.insert(word); }
    }
    std::string out;
    for (const std::string_view word : words) { out += core::cat(out.empty() ? "" : " ", word); }
    return out;
}

std::optional<std::string> kernel_line(const Probe& probe, std::string_view path) {
    const auto text = probe.kernel_text(path);
    if (!text) { return std::nullopt; }
    return std::string(core::trim(*text));
}

// Whole gibibytes would hide a lost module, kibibytes change with every kernel.
core::Json memory_mib(const Probe& probe) {
    const auto text = probe.kernel_text("/proc/meminfo");
    if (!text) { return not_collected("/proc/meminfo can't be read"); }
    const auto values = first_block(*text);
    const auto total = values.find("MemTotal");
    const auto kib = total == values.end() ? std::nullopt : core::parse_integer(core::split(total->second, ' ')[0]);
    return kib ? known(core::Json(*kib / 1024 / 64 * 64)) : not_collected("/proc/meminfo has no MemTotal");
}

// The value of a line "NAME=value" of os-release, without quotes.
core::Json release_value(const std::optional<std::string>& text, std::string_view name) {
    if (!text) { return not_collected("/etc/os-release can't be read"); }
    for (const std::string_view line : core::split(*text, '\n')) {
        if (!line.starts_with(name) || line.substr(name.size(), 1) != "=") { continue; }
        std::string_view value = core::trim(line.substr(name.size() + 1));
        if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front()) { value = value.substr(1, value.size() - 2); }
        return known(core::Json(core::valid_utf8(value)));
    }
    return absent();
}

// The library says its version in a sentence of its own, wherever it is mapped from.
core::Json libc_version(Probe& probe) {
    const auto cache = probe.text("/etc/ld.so.cache");
    if (!cache) { return not_collected("/etc/ld.so.cache can't be read"); }
    for (const LdEntry& entry : parse_ld_cache(*cache)) {
        if (entry.soname != "libc.so.6") { continue; }
        const auto bytes = probe.text(entry.path);
        if (!bytes) { continue; }
        constexpr std::string_view k_sentence = "GNU C Library (";
        const std::size_t at = bytes->find(k_sentence);
        if (at == std::string::npos) { continue; }
        const std::size_t end = std::min(bytes->find_first_of(std::string_view("\n\0", 2), at), at + 200);
        std::string_view sentence = std::string_view(*bytes).substr(at, end - at);
        if (sentence.ends_with('.')) { sentence.remove_suffix(1); }
        return known(core::Json(core::valid_utf8(sentence)));
    }
    return not_collected("libc.so.6 does not say its version");
}

}  // namespace

core::Json machine_group(Probe& probe) {
    core::Json values = core::Json::object();
    const auto cpu = probe.kernel_text("/proc/cpuinfo");
    const auto block = first_block(cpu.value_or(""));
    struct Field {
        std::string_view name;
        std::array<std::string_view, 2> keys;  // x86-64's, arm64's
    };
    constexpr std::array k_fields = {Field{"cpu_vendor", {"vendor_id", "CPU implementer"}}, Field{"cpu_family", {"cpu family", "CPU architecture"}},
                                     Field{"cpu_model", {"model", "CPU part"}},              Field{"cpu_name", {"model name", "CPU variant"}},
                                     Field{"cpu_stepping", {"stepping", "CPU revision"}},    Field{"cpu_microcode", {"microcode", ""}}};
    for (const Field& field : k_fields) {
        std::optional<std::string> value;
        for (const std::string_view key : field.keys) {
            const auto found = block.find(std::string(key));
            if (!value && found != block.end()) { value = found->second; }
        }
        values.set(field.name, cpu ? known_or_absent(value) : not_collected("/proc/cpuinfo can't be read"));
    }
    const auto flags = block.contains("flags") ? block.find("flags") : block.find("Features");
    values.set("cpu_flags", !cpu ? not_collected("/proc/cpuinfo can't be read") : flags == block.end() ? absent() : known(core::Json(sorted_words(flags->second))));
    values.set("processors_online", known_or_absent(kernel_line(probe, "/sys/devices/system/cpu/online")));
    values.set("smt_active", known_or_absent(kernel_line(probe, "/sys/devices/system/cpu/smt/active")));
    values.set("numa_nodes", known_or_absent(kernel_line(probe, "/sys/devices/system/node/online")));
    values.set("memory_mib", memory_mib(probe));
    values.set("vendor", known_or_absent(kernel_line(probe, "/sys/class/dmi/id/sys_vendor")));
    values.set("product", known_or_absent(kernel_line(probe, "/sys/class/dmi/id/product_name")));
    return values;
}

core::Json system_group(Probe& probe) {
    core::Json values = core::Json::object();
    struct utsname name {};
    values.set("architecture", ::uname(&name) == 0 ? known(core::Json(std::string_view(name.machine))) : not_collected("uname failed"));
    values.set("kernel", known_or_absent(kernel_line(probe, "/proc/sys/kernel/osrelease")));
    values.set("kernel_build", known_or_absent(kernel_line(probe, "/proc/sys/kernel/version")));
    const auto release = probe.text("/etc/os-release");
    values.set("distribution", release_value(release, "ID"));
    values.set("distribution_version", release_value(release, "VERSION_ID"));
    values.set("distribution_point", known_or_absent(probe.line("/etc/debian_version")));
    values.set("libc", libc_version(probe));
    values.set("container", probe.is_there("/.dockerenv")           ? known(core::Json("docker"))
                            : probe.is_there("/run/.containerenv") ? known(core::Json("podman"))
                                                                   : absent());
    return values;
}

core::Json gpu_group(Probe& probe) {
    core::Json values = core::Json::object();
    const auto driver = kernel_line(probe, "/proc/driver/nvidia/version");
    values.set("nvidia_driver", driver ? known_or_absent(driver->substr(0, driver->find('\n'))) : absent());
    // The model alone: what else the file says (UUID, bus, serial numbers) names the device, not its kind.
    std::vector<std::string> models;
    for (const std::string& device : probe.kernel_list("/proc/driver/nvidia/gpus")) {
        const auto block = first_block(probe.kernel_text(core::cat("/proc/driver/nvidia/gpus/", device, "/information")).value_or(""));
        const auto model = block.find("Model");
        models.push_back(model == block.end() ? "unknown" : core::valid_utf8(model->second));
    }
    std::sort(models.begin(), models.end());
    core::Json list = core::Json::array();
    for (std::string& model : models) { list.push(core::Json(std::move(model))); }
    values.set("nvidia_models", models.empty() ? absent() : known(std::move(list)));
    values.set("amd_driver", known_or_absent(kernel_line(probe, "/sys/module/amdgpu/version")));
    values.set("libraries", library_list(probe, {"libcuda.so", "libcudart", "libcublas", "libcudnn", "libnccl", "libcufft", "libcusolver", "libcusparse", "libcurand",
                                                 "librocblas", "libamdhip64"}));
    return values;
}

}  // namespace runlake::fingerprint
