// SPDX-License-Identifier: Apache-2.0
// The identity of a job: the MD5 of its state point, as signac makes it.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "core/result.hpp"

namespace runlake::core {

// 32 lower-case hex digits. Only parse() and of() make one.
class JobId {
  public:
    static Result<JobId> parse(std::string_view text);      // anything else: Errc::usage
    // The id of a state point: the MD5 of its canonical JSON. Errc::usage: it holds a number that is not finite.
    static Result<JobId> of(const Json& state_point);

    const std::string& str() const { return text_; }
    std::string_view brief() const { return std::string_view(text_).substr(0, 8); }   // what tables show
    auto operator<=>(const JobId&) const = default;

  private:
    explicit JobId(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

}  // namespace runlake::core
