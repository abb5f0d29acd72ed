// SPDX-License-Identifier: Apache-2.0
// The group "packages": what is installed, read from the files of the package managers; none of them is run.
#include <algorithm>
#include <set>

#include "core/text.hpp"
#include "fingerprint/environment_parts.hpp"
#include "os/files.hpp"

namespace runlake::fingerprint {
namespace {

core::Json list_of(const std::set<std::string>& names) {
    core::Json list = core::Json::array();
    for (const std::string& name : names) { list.push(core::Json(core::valid_utf8(name))); }
    return known(std::move(list));
}

// "name:architecture=version" of each installed package in the text of a dpkg status file.
std::set<std::string> installed_packages(std::string_view text) {
    std::set<std::string> packages;
    std::string_view name;
    std::string_view version;
    std::string_view architecture;
    bool installed = false;
    const auto finish = [&] {
        if (installed && !name.empty()) { packages.insert(core::cat(name, ':', architecture, '=', version)); }
        name = version = architecture = {};
        installed = false;
    };
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty()) {
            finish();
        } else if (line.starts_with("Package: ")) {
            name = core::trim(line.substr(9));
        } else if (line.starts_with("Version: ")) {
            version = core::trim(line.substr(9));
        } else if (line.starts_with("Architecture: ")) {
            architecture = core::trim(line.substr(14));
        } else if (line.starts_with("Status: ")) {
            installed = core::trim(line).ends_with(" installed");
        }
    }
    finish();
    return packages;
}

core::Json system_packages(Probe& probe) {
    if (const auto status = probe.text("/var/lib/dpkg/status")) { return list_of(installed_packages(*status)); }
    if (probe.is_there("/var/lib/rpm") || probe.is_there("/usr/lib/sysimage/rpm")) { return not_collected("the database of rpm is not read"); }
    if (probe.is_there("/lib/apk/db/installed")) { return not_collected("the database of apk is not read"); }
    return absent();
}

// "NumPy" and "ruamel.yaml" as indexes name them.
std::string normal_name(std::string_view name) {
    std::string out;
    for (const char c : core::lower_ascii(name)) {
        if (c == '-' || c == '_' || c == '.') {
            if (!out.ends_with('-')) { out += '-'; }
        } else {
            out += c;
        }
    }
    return out;
}

// "name==version" from the name of a "*.dist-info" or "*.egg-info" entry.
std::optional<std::string> distribution(std::string_view entry) {
    for (const std::string_view ending : {".dist-info", ".egg-info"}) {
        if (!entry.ends_with(ending)) { continue; }
        const std::string_view stem = entry.substr(0, entry.size() - ending.size());
        const auto parts = core::split(stem, '-');
        if (parts.size() == 1) { return core::cat(normal_name(stem), "=="); }
        return core::cat(normal_name(parts[0]), "==", parts[1]);
    }
    return std::nullopt;
}

core::Json python_packages(Probe& probe, const std::vector<std::string>& folders) {
    if (folders.empty()) { return absent(); }
    std::set<std::string> found;
    for (const std::string& folder : folders) {
        for (const std::string& name : probe.list(folder)) {
            if (auto package = distribution(name)) { found.insert(std::move(*package)); }
        }
    }
    return list_of(found);
}

core::Json conda_packages(Probe& probe) {
    const auto prefix = probe.variable("CONDA_PREFIX");
    if (!prefix || prefix->empty()) { return absent(); }
    std::set<std::string> found;
    for (const std::string& name : probe.list(*prefix + "/conda-meta")) {
        if (name.ends_with(".json")) { found.insert(name.substr(0, name.size() - 5)); }
    }
    return list_of(found);
}

// The value of "version = 3.11.2" (or version_info) in the text of a pyvenv.cfg.
std::optional<std::string> venv_version(std::string_view text) {
    for (const std::string_view line : core::split(text, '\n')) {
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos) { continue; }
        const std::string_view key = core::trim(line.substr(0, equals));
        if (key == "version" || key == "version_info") { return std::string(core::trim(line.substr(equals + 1))); }
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> find_interpreter(Probe& probe) {
    const auto& own = probe.source().interpreter;
    if (own && os::base_name(*own).starts_with("python")) {
        if (own->find('/') == std::string::npos) { return find_program(probe, *own); }
        if (own->starts_with('/') && probe.is_there(*own)) { return own; }
    }
    return find_program(probe, "python3");
}

std::vector<std::string> package_folders(Probe& probe) {
    std::set<std::string> folders;
    const auto add_prefix = [&](const std::string& prefix) {
        for (const std::string& version : probe.list(prefix + "/lib")) {
            if (!version.starts_with("python")) { continue; }
            for (const char* kind : {"site-packages", "dist-packages"}) {
                const std::string folder = core::cat(prefix, "/lib/", version, '/', kind);
                if (probe.is_there(folder)) { folders.insert(folder); }
            }
        }
    };
    if (const auto interpreter = find_interpreter(probe)) {
        const std::string prefix = os::parent_path(os::parent_path(*interpreter));
        const bool is_venv = probe.is_there(prefix + "/pyvenv.cfg");
        add_prefix(prefix);
        if (!is_venv) {
            // A link in /usr/bin may lead to another installation.
            add_prefix(os::parent_path(os::parent_path(probe.resolved(*interpreter))));
            if (prefix == "/usr") { add_prefix("/usr/local"); }
            if (const auto home = probe.variable("HOME"); home && home->starts_with('/')) { add_prefix(*home + "/.local"); }
        }
    }
    for (const char* name : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
        if (const auto prefix = probe.variable(name); prefix && prefix->starts_with('/')) { add_prefix(*prefix); }
    }
    return {folders.begin(), folders.end()};
}

core::Json packages_group(Probe& probe) {
    core::Json values = core::Json::object();
    values.set("system", system_packages(probe));
    const auto interpreter = find_interpreter(probe);
    if (interpreter) {
        values.set("python_program", known(core::Json(core::valid_utf8(os::base_name(probe.resolved(*interpreter))))));
        const auto venv = probe.text(os::parent_path(os::parent_path(*interpreter)) + "/pyvenv.cfg");
        values.set("python_environment", venv ? known_or_absent(venv_version(*venv).value_or("a virtual environment")) : absent());
    } else {
        values.set("python_program", absent()).set("python_environment", absent());
    }
    values.set("python", python_packages(probe, package_folders(probe)));
    values.set("conda", conda_packages(probe));
    return values;
}

}  // namespace runlake::fingerprint
