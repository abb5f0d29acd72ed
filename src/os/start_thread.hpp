// SPDX-License-Identifier: Apache-2.0
// Beginning a thread where the limits of processes or of memory may allow no more: an error, where std::thread throws.
#pragma once

#include <system_error>
#include <thread>
#include <utility>

#include "core/result.hpp"
#include "os/files.hpp"

namespace runlake::os {

template <typename Work>
core::Result<std::thread> start_thread(Work&& work) {
    try {
        return std::thread(std::forward<Work>(work));
    } catch (const std::system_error& error) {
        return system_error(error.code().value(), "starting", "a thread");
    }
}

}  // namespace runlake::os
