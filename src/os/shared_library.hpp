// SPDX-License-Identifier: Apache-2.0
// Libraries that are loaded when they are first needed, so that recording does not pay for them.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"

namespace runlake::os {

// A loaded library; it stays loaded until the process ends. Symbols are looked up once, by whoever wraps the library.
class SharedLibrary {
  public:
    // Tries each name or path in order. Errc::unsupported with every name and the loader's reason when none can be loaded.
    static core::Result<SharedLibrary> load(const std::vector<std::string>& names);
    // Errc::unsupported when the library has no such symbol.
    core::Result<void*> symbol(const char* name) const;

  private:
    explicit SharedLibrary(void* handle) : handle_(handle) {}
    void* handle_;
};

}  // namespace runlake::os
