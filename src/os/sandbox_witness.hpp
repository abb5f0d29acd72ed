// SPDX-License-Identifier: Apache-2.0
// Inside os/sandbox*.cpp only: hears of the calls that a confined program makes, before the kernel decides, and notes which of them it will refuse.
#pragma once

#include <linux/filter.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "os/files.hpp"
#include "os/sandbox.hpp"

namespace runlake::os {

// The rules as paths with links resolved: what the witness judges by.
struct ResolvedRules {
    std::vector<std::string> writable;
    std::vector<std::string> devices;              // files in them may be written, none made
    std::vector<std::string> closed;
    std::vector<std::string> readable;
    std::vector<std::string> listable;
    bool strict = false;

    bool may_write(std::string_view path, bool makes) const;
    bool may_read(std::string_view path) const;
    bool may_list(std::string_view path) const;
};

bool is_below(std::string_view path, std::string_view folder);  // or is it

// The filter: which calls are told of. A call that is not recognised is let through.
std::vector<sock_filter> witness_filter(bool reads, bool listings, bool execs);
bool kernel_tells_names();

// A thread that listens. Its program may end, or never begin, at any time.
class Witness {
  public:
    static core::Result<std::unique_ptr<Witness>> begin(ResolvedRules rules);
    virtual ~Witness() = default;
    virtual void install() = 0;                    // in the child: async-signal-safe; failing to costs only the names
    virtual std::vector<Denial> denials() const = 0;
    virtual bool listens() const = 0;
};

}  // namespace runlake::os
