// SPDX-License-Identifier: Apache-2.0
// The group "toolchain": versions of the compilers on PATH, by asking them.
#include <sys/wait.h>

#include <array>
#include <map>

#include "core/text.hpp"
#include "fingerprint/environment_parts.hpp"
#include "os/child.hpp"
#include "os/files.hpp"

namespace runlake::fingerprint {
namespace {

constexpr std::array k_compilers = {"cc", "clang", "g++", "gcc", "gfortran", "nvcc"};
constexpr int k_limit_ms = 3000;

core::Json asked_version(const Probe& probe, const std::string& program) {
    if (!probe.source().run_compilers) { return not_collected("compilers are not asked"); }
    auto output = os::run_program({probe.under_root(program), "--version"}, k_limit_ms, 64U << 10U);
    if (!output.ok()) { return not_collected("it could not be run"); }
    if (output.value().timed_out) { return not_collected("it did not answer in time"); }
    if (!WIFEXITED(output.value().status) || WEXITSTATUS(output.value().status) != 0) { return not_collected("it failed when asked"); }
    // nvcc says its version in a later line than the first.
    std::string_view text = output.value().out;
    const std::size_t release = text.find("release ");
    std::string_view line = text.substr(0, text.find('\n'));
    if (program.ends_with("nvcc") && release != std::string_view::npos) { line = text.substr(release, text.find('\n', release) - release); }
    return known_or_absent(without_paths(core::trim(line)));
}

}  // namespace

std::optional<std::string> find_program(Probe& probe, const std::string& name) {
    const auto path = probe.variable("PATH");
    if (!path) { return std::nullopt; }
    for (const std::string_view folder : core::split(*path, ':')) {
        if (!folder.starts_with('/')) { continue; }
        std::string candidate = core::cat(folder, '/', name);
        // Also those that are not there: the cache must notice when one appears before the one in use.
        probe.remember(candidate);
        const auto info = os::stat_path(probe.under_root(candidate));
        if (info && S_ISREG(info->st_mode) && (info->st_mode & 0111U) != 0) { return candidate; }
    }
    return std::nullopt;
}

core::Json toolchain_group(Probe& probe) {
    core::Json values = core::Json::object();
    std::map<std::string, core::Json> asked;  // cc and gcc are mostly one program
    for (const char* name : k_compilers) {
        if (probe.source().stop && probe.source().stop()) { return values; }
        const auto program = find_program(probe, name);
        if (!program) {
            values.set(name, absent());
            continue;
        }
        const std::string real = probe.resolved(*program);
        // Asked by its real name, because the name is part of the answer; but a wrapper goes by the name it is called.
        const std::string& called = os::base_name(real) == "ccache" ? *program : real;
        if (!asked.contains(called)) { asked.emplace(called, asked_version(probe, called)); }
        values.set(name, asked.at(called));
    }
    return values;
}

}  // namespace runlake::fingerprint
