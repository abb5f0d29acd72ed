// SPDX-License-Identifier: Apache-2.0
#include "os/want_of_memory.hpp"

#include <cxxabi.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <typeinfo>

#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::os {
namespace {

constexpr std::uint64_t k_tight = std::uint64_t{2} << 30U;  // with more, threads may have what malloc sets aside for each

using CurrentException = std::type_info* (*)();
using SetTerminate = std::terminate_handler (*)(std::terminate_handler);

bool g_prepared = false;
std::terminate_handler g_earlier = nullptr;  // what says any other exception, and aborts
CurrentException g_current_of_library = nullptr;
std::terminate_handler g_earlier_of_library = nullptr;

[[noreturn]] void end_for(const std::type_info* type, std::terminate_handler earlier) {
    const char* const name = type == nullptr ? "" : type->name();
    // DuckDB's own exception for it has a name of its own.
    if (std::strstr(name, "bad_alloc") != nullptr || std::strstr(name, "OutOfMemory") != nullptr) {
        constexpr std::string_view k_reason = "runlake: out of memory: a limit of memory (ulimit -v, a cgroup) or the machine has no more; what was recorded before stands\n";
        static_cast<void>(::write(2, k_reason.data(), k_reason.size()));
        ::_exit(core::exit_status(core::Errc::io));
    }
    earlier();
    std::abort();
}

void end_for_ours() { end_for(abi::__cxa_current_exception_type(), g_earlier); }
void end_for_library() { end_for(g_current_of_library(), g_earlier_of_library); }

std::optional<std::uint64_t> address_space_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) { return std::nullopt; }
    return limit.rlim_cur;
}

std::uint64_t address_space_used() {
    auto text = read_file("/proc/self/statm", 4096);
    if (!text.ok()) { return 0; }
    return std::strtoull(text.value().c_str(), nullptr, 10) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

void prepare_for_want_of_memory() {
    g_prepared = true;
    g_earlier = std::set_terminate(end_for_ours);
    if (const auto limit = address_space_limit(); limit && *limit < k_tight) { ::mallopt(M_ARENA_MAX, 1); }
}

void prepare_for_want_of_memory(const SharedLibrary& library) {
    if (!g_prepared || g_current_of_library != nullptr) { return; }
    const auto current = library.symbol("__cxa_current_exception_type");
    const auto set = library.symbol("_ZSt13set_terminatePFvvE");
    if (!current.ok() || !set.ok()) { return; }  // a runtime of another kind
    g_current_of_library = reinterpret_cast<CurrentException>(current.value());
    g_earlier_of_library = reinterpret_cast<SetTerminate>(set.value())(end_for_library);
}

core::Status has_address_space(std::uint64_t bytes, std::string_view what) {
    const auto limit = address_space_limit();
    if (!limit) { return core::ok(); }
    const auto used = address_space_used();
    const auto left = *limit > used ? *limit - used : 0;
    if (left >= bytes) { return core::ok(); }
    constexpr unsigned k_mb = 20;
    return core::Error(core::Errc::io, core::cat(what, ": the limit of address space (ulimit -v) leaves ", left >> k_mb, " MB, and it takes ", bytes >> k_mb, " MB at least"));
}

}  // namespace runlake::os
