// SPDX-License-Identifier: Apache-2.0
// Runs a part of a test without root's right to read everything.
#pragma once

#include <stdlib.h>
#include <unistd.h>

namespace runlake::testing {

// Root becomes another user for as long as this lives; everyone else stays who they are.
class AsNobody {
  public:
    AsNobody() : was_root_(::geteuid() == 0) {
        if (was_root_ && ::seteuid(65534) != 0) { ::abort(); }
    }
    AsNobody(const AsNobody&) = delete;
    AsNobody& operator=(const AsNobody&) = delete;
    ~AsNobody() {
        if (was_root_ && ::seteuid(0) != 0) { ::abort(); }
    }

  private:
    bool was_root_;
};

}  // namespace runlake::testing
