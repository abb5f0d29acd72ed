// SPDX-License-Identifier: Apache-2.0
// Posting a document over HTTP or HTTPS with libcurl, which is loaded at the first call.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace runlake::observe {

struct HttpPost {
    std::string url;                                              // http:// or https:// only
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::chrono::milliseconds timeout{10'000};                    // for the whole exchange
};

struct HttpAnswer {
    long status = 0;
    std::string body;                                             // at most 64 KiB; the rest is read and dropped
    std::optional<std::chrono::seconds> retry_after;
};

// Errc::io when no answer came (name, connection, TLS, time); Errc::usage for another scheme or a header with a line break; Errc::unsupported without libcurl.
// Redirects are not followed: a signed body goes where it was told to go. Certificates are checked. Thread-safe.
core::Result<HttpAnswer> http_post(const HttpPost& post);

}  // namespace runlake::observe
