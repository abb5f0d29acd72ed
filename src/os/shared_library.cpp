// SPDX-License-Identifier: Apache-2.0
// dlopen and dlsym with reasons.
#include "os/shared_library.hpp"

#include <dlfcn.h>

#include "core/text.hpp"

namespace runlake::os {
namespace {

std::string reason() {
    const char* const text = ::dlerror();
    return text == nullptr ? "unknown reason" : text;
}

}  // namespace

core::Result<SharedLibrary> SharedLibrary::load(const std::vector<std::string>& names) {
    std::string tried;
    for (const std::string& name : names) {
        // Local: its symbols must not answer for ours, nor for those of a program that embeds us.
        void* const handle = ::dlopen(name.c_str(), RTLD_LAZY | RTLD_LOCAL);
        if (handle != nullptr) { return SharedLibrary(handle); }
        tried += core::cat(tried.empty() ? "" : "; ", name, " (", reason(), ')');
    }
    return core::Error(core::Errc::unsupported, core::cat("loading a shared library: none could be loaded: ", tried.empty() ? "no names" : tried));
}

core::Result<void*> SharedLibrary::symbol(const char* name) const {
    ::dlerror();
    void* const found = ::dlsym(handle_, name);
    if (found == nullptr) { return core::Error(core::Errc::unsupported, core::cat("looking up ", name, " in a shared library: ", reason())); }
    return found;
}

}  // namespace runlake::os
