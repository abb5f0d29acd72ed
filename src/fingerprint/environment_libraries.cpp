// SPDX-License-Identifier: Apache-2.0
// The group "libraries": what computes (BLAS, LAPACK, OpenMP, FFT), of the system and of Python packages.
#include <algorithm>
#include <set>

#include "core/text.hpp"
#include "fingerprint/environment_parts.hpp"
#include "fingerprint/ld_cache.hpp"
#include "os/files.hpp"

namespace runlake::fingerprint {
namespace {

const std::vector<std::string_view> k_numeric = {"libopenblas", "libblas",  "libcblas", "libatlas",     "libflexiblas", "libblis",  "liblapack", "libmkl_",
                                                 "libgomp",     "libomp.",  "libomp-",  "libiomp",      "libtbb",       "libfftw3", "libgsl.",   "libquadmath",
                                                 "libgfortran", "libmvec."};

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t count) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < count; ++i) { number |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i); }
    return number;
}

std::string_view text_at(std::string_view bytes, std::uint64_t at) {
    if (at >= bytes.size()) { return {}; }
    const std::string_view rest = bytes.substr(at);
    const std::size_t end = rest.find('\0');
    return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

bool begins_with_any(std::string_view name, const std::vector<std::string_view>& prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(), [&](std::string_view prefix) { return name.starts_with(prefix); });
}

core::Json list_of(const std::set<std::string>& names) {
    if (names.empty()) { return absent(); }
    core::Json list = core::Json::array();
    for (const std::string& name : names) { list.push(core::Json(core::valid_utf8(name))); }
    return known(std::move(list));
}

}  // namespace

std::vector<LdEntry> parse_ld_cache(std::string_view bytes) {
    constexpr std::string_view k_magic = "glibc-ld.so.cache1.1";
    constexpr std::size_t k_header = 48;
    constexpr std::size_t k_entry = 24;
    std::vector<LdEntry> entries;
    const std::size_t start = bytes.find(k_magic);  // text positions count from here
    if (start == std::string_view::npos) { return entries; }
    bytes.remove_prefix(start);
    if (bytes.size() < k_header) { return entries; }
    const std::uint64_t count = std::min<std::uint64_t>(number_at(bytes, 20, 4), (bytes.size() - k_header) / k_entry);
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::size_t at = k_header + static_cast<std::size_t>(i) * k_entry;
        const std::string_view soname = text_at(bytes, number_at(bytes, at + 4, 4));
        const std::string_view path = text_at(bytes, number_at(bytes, at + 8, 4));
        if (!soname.empty() && path.starts_with('/')) { entries.push_back(LdEntry{.soname = std::string(soname), .path = std::string(path)}); }
    }
    return entries;
}

core::Json library_list(Probe& probe, const std::vector<std::string_view>& prefixes) {
    const auto cache = probe.text("/etc/ld.so.cache");
    if (!cache) { return not_collected("/etc/ld.so.cache can't be read"); }
    std::set<std::string> found;
    for (const LdEntry& entry : parse_ld_cache(*cache)) {
        if (!begins_with_any(entry.soname, prefixes)) { continue; }
        // The folder tells variants apart ("openblas-pthread"); those above it only say where things are kept.
        const std::string real = probe.resolved(entry.path);
        found.insert(core::cat(entry.soname, " -> ", os::base_name(os::parent_path(real)), '/', os::base_name(real)));
    }
    return list_of(found);
}

core::Json libraries_group(Probe& probe) {
    core::Json values = core::Json::object();
    values.set("system", library_list(probe, k_numeric));
    // Wheels bring their own, in "<package>.libs" or in a folder of the package.
    std::set<std::string> python;
    for (const std::string& folder : package_folders(probe)) {
        for (const std::string& name : probe.list(folder)) {
            const bool bundle = name.ends_with(".libs");
            if (!bundle && name != "torch" && name != "mkl") { continue; }
            const std::string inner = bundle ? name : name + "/lib";
            for (const std::string& library : probe.list(core::cat(folder, '/', inner))) {
                if (begins_with_any(library, k_numeric)) { python.insert(core::cat(inner, '/', library)); }
            }
        }
    }
    values.set("python", list_of(python));
    return values;
}

}  // namespace runlake::fingerprint
