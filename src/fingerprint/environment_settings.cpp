// SPDX-License-Identifier: Apache-2.0
// The group "settings": what this process was given and may differ from the next one's on the same machine. Taken anew for every run, so it must be cheap.
#include <sys/personality.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>

#include "core/redact.hpp"
#include "core/text.hpp"
#include "fingerprint/environment_parts.hpp"
#include "os/files.hpp"
#include "os/system.hpp"

namespace runlake::fingerprint {
namespace {

// The only variables whose values are ever kept. Each changes what a program computes, how fast, or in which language it says so.
constexpr std::array k_variables = {
    // language and time
    "LANG", "LANGUAGE", "LC_ALL", "LC_COLLATE", "LC_CTYPE", "LC_MESSAGES", "LC_MONETARY", "LC_NUMERIC", "LC_TIME", "TZ", "SOURCE_DATE_EPOCH",
    // threads and numeric libraries
    "OMP_NUM_THREADS", "OMP_DYNAMIC", "OMP_SCHEDULE", "OMP_PROC_BIND", "OMP_PLACES", "OMP_WAIT_POLICY", "OMP_STACKSIZE", "OMP_MAX_ACTIVE_LEVELS", "OMP_NESTED",
    "GOMP_CPU_AFFINITY", "KMP_AFFINITY", "KMP_BLOCKTIME", "KMP_DETERMINISTIC_REDUCTION", "KMP_DUPLICATE_LIB_OK", "MKL_NUM_THREADS", "MKL_DYNAMIC", "MKL_CBWR",
    "MKL_ENABLE_INSTRUCTIONS", "MKL_DEBUG_CPU_TYPE", "MKL_THREADING_LAYER", "MKL_INTERFACE_LAYER", "OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE", "OPENBLAS_VERBOSE",
    "GOTO_NUM_THREADS", "BLIS_NUM_THREADS", "BLIS_ARCH_TYPE", "FLEXIBLAS", "NUMEXPR_NUM_THREADS", "NUMEXPR_MAX_THREADS", "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS", "NUMBA_DISABLE_JIT", "NPY_DISABLE_CPU_FEATURES", "RAYON_NUM_THREADS", "POLARS_MAX_THREADS", "JULIA_NUM_THREADS", "GOMAXPROCS", "TBB_NUM_THREADS",
    // accelerators
    "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "CUDA_LAUNCH_BLOCKING", "CUBLAS_WORKSPACE_CONFIG", "NVIDIA_TF32_OVERRIDE", "NVIDIA_VISIBLE_DEVICES", "CUDNN_DETERMINISTIC",
    "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "NCCL_ALGO", "NCCL_PROTO", "TF_DETERMINISTIC_OPS", "TF_CUDNN_DETERMINISTIC", "TF_ENABLE_ONEDNN_OPTS",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "PYTORCH_CUDA_ALLOC_CONF", "XLA_FLAGS",
    // interpreters
    "PYTHONHASHSEED", "PYTHONOPTIMIZE", "PYTHONUTF8", "PYTHONIOENCODING", "PYTHONDONTWRITEBYTECODE", "PYTHONMALLOC", "PYTHONNOUSERSITE", "PYTHONSAFEPATH", "R_DEFAULT_PACKAGES",
    // compiler flags, the C library and the loader (paths in them are replaced)
    "CFLAGS", "CXXFLAGS", "CPPFLAGS", "FFLAGS", "LDFLAGS", "GLIBC_TUNABLES", "MALLOC_ARENA_MAX", "MALLOC_PERTURB_", "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_BIND_NOW", "PYTHONPATH"};

struct Limit {
    std::string_view name;
    __rlimit_resource resource;
};
constexpr std::array k_limits = {Limit{"address_space", RLIMIT_AS}, Limit{"core_file", RLIMIT_CORE},     Limit{"cpu_seconds", RLIMIT_CPU},
                                 Limit{"data", RLIMIT_DATA},        Limit{"file_size", RLIMIT_FSIZE},    Limit{"locked_memory", RLIMIT_MEMLOCK},
                                 Limit{"open_files", RLIMIT_NOFILE}, Limit{"processes", RLIMIT_NPROC},   Limit{"stack", RLIMIT_STACK}};

core::Json limits() {
    core::Json values = core::Json::object();
    for (const Limit& limit : k_limits) {
        struct rlimit now {};
        if (::getrlimit(limit.resource, &now) != 0) { continue; }
        values.set(limit.name, now.rlim_cur == RLIM_INFINITY ? core::Json("unlimited") : core::Json(static_cast<std::uint64_t>(now.rlim_cur)));
    }
    return known(std::move(values));
}

// The zone of the system, as a name where there is one ("Europe/Berlin").
core::Json system_zone(const Probe& probe) {
    std::array<char, 512> target{};
    const ssize_t length = ::readlink(probe.under_root("/etc/localtime").c_str(), target.data(), target.size());
    if (length > 0) {
        const std::string_view text(target.data(), static_cast<std::size_t>(length));
        constexpr std::string_view k_folder = "zoneinfo/";
        if (const std::size_t at = text.find(k_folder); at != std::string_view::npos) { return known(core::Json(core::valid_utf8(text.substr(at + k_folder.size())))); }
    }
    if (const auto name = probe.kernel_text("/etc/timezone")) { return known_or_absent(std::string(core::trim(*name))); }
    return absent();
}

// "Europe/Berlin" looks like a path and is none; ":/usr/share/zoneinfo/..." is one.
bool is_zone_name(std::string_view name, std::string_view value) { return name == "TZ" && !value.starts_with('/') && !value.starts_with(":/"); }

// The memory limit of the control group that this process is in: the nearest that has one.
core::Json memory_limit(const Probe& probe) {
    const auto groups = probe.kernel_text("/proc/self/cgroup");
    if (!groups) { return not_collected("/proc/self/cgroup can't be read"); }
    for (const std::string_view line : core::split(*groups, '\n')) {
        const auto parts = core::split(line, ':');
        if (parts.size() < 3) { continue; }
        const bool unified = parts[0] == "0" && parts[1].empty();
        if (!unified && parts[1] != "memory") { continue; }
        const std::string base = unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory";
        const char* const file = unified ? "/memory.max" : "/memory.limit_in_bytes";
        for (std::string group(parts[2]);; group = os::parent_path(group)) {
            const auto text = probe.kernel_text(core::cat(base, group == "/" ? "" : group, file));
            const auto bytes = text ? core::parse_integer(core::trim(*text)) : std::nullopt;
            constexpr std::int64_t k_no_limit = std::int64_t{1} << 60;
            if (bytes && *bytes < k_no_limit) { return known(core::Json(*bytes)); }
            if (group == "/" || group.empty() || group == ".") { break; }
        }
    }
    return absent();
}

core::Json address_randomization(const Probe& probe) {
    const auto text = probe.kernel_text("/proc/sys/kernel/randomize_va_space");
    if (!text) { return not_collected("/proc/sys/kernel/randomize_va_space can't be read"); }
    const int personality = ::personality(0xffffffff);
    const bool off = personality >= 0 && (static_cast<unsigned>(personality) & ADDR_NO_RANDOMIZE) != 0;
    return known(core::Json(off ? std::string("off for this process") : std::string(core::trim(*text))));
}

}  // namespace

core::Json settings_group(const EnvironmentSource& source) {
    const Probe probe(source);
    core::Json values = core::Json::object();
    core::Json variables = core::Json::object();
    for (const char* name : k_variables) {
        const auto value = probe.variable(name);
        if (!value) { continue; }
        const std::string shown = is_zone_name(name, *value) ? *value : without_paths(*value);
        variables.set(name, core::Json(core::valid_utf8(core::redact_text(shown))));
    }
    values.set("variables", known(std::move(variables)));
    values.set("limits", limits());
    values.set("time_zone", system_zone(probe));
    values.set("address_randomization", address_randomization(probe));
    values.set("processors_usable", known(core::Json(std::int64_t{os::usable_processors()})));
    values.set("memory_limit", memory_limit(probe));
    return values;
}

}  // namespace runlake::fingerprint
