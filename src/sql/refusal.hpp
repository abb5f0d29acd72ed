// SPDX-License-Identifier: Apache-2.0
// Whose mistake it is when DuckDB refuses a query that a user wrote.
#pragma once

#include <utility>

#include "core/result.hpp"

namespace runlake::sql {

// DuckDB's refusals are about what the user wrote, whatever their kind; what the system, damage or the user's Ctrl-C did is not.
inline core::Error of_user(core::Error error) {
    switch (error.code()) {
        case core::Errc::interrupted:
        case core::Errc::io:
        case core::Errc::internal:
        case core::Errc::corrupt: return error;
        default: return {core::Errc::usage, error.message()};
    }
}

template <class T>
core::Result<T> of_user(core::Result<T> result) {
    if (result.ok()) { return result; }
    return of_user(std::move(result).take_error());
}

}  // namespace runlake::sql
