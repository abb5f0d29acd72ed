// SPDX-License-Identifier: Apache-2.0
#include "observe/statsd.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <memory>

#include "core/text.hpp"
#include "os/files.hpp"

namespace runlake::observe {

namespace {

constexpr std::size_t k_datagram_bytes = 1432;

std::string clean(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == ':' || c == '|' || c == '#' || c == ',' || c == '@' || byte < 0x20 || byte == 0x7F) { c = '_'; }
    }
    return std::string(core::cut_utf8(out, 200));
}

}  // namespace

std::vector<std::string> to_statsd(std::span<const EndedRun> runs) {
    std::vector<std::string> datagrams;
    std::string current;
    const auto line = [&](std::string_view name, std::string_view value, std::string_view type, std::string_view tags) {
        const std::string text = core::cat(name, ":", value, "|", type, tags);
        if (!current.empty() && current.size() + 1 + text.size() > k_datagram_bytes) {
            datagrams.push_back(std::move(current));
            current.clear();
        }
        if (!current.empty()) { current += '\n'; }
        current += text;
    };
    for (const EndedRun& run : runs) {
        std::string tags = core::cat("|#stage:", clean(run.start.stage), ",state:", record::state_name(run.end.state));
        if (run.start.tenant) { tags += core::cat(",tenant:", clean(*run.start.tenant)); }
        line("runlake.runs", "1", "c", tags);
        line("runlake.run.duration", std::to_string(std::llround(run.end.duration_seconds * 1000.0)), "ms", tags);
        const auto counter = [&](std::string_view name, const std::optional<std::int64_t>& value) {
            if (value && *value > 0) { line(name, std::to_string(*value), "c", tags); }
        };
        counter("runlake.run.rows_in", run.facts.rows_in);
        counter("runlake.run.rows_out", run.facts.rows_out);
        counter("runlake.run.llm_calls", run.facts.llm_calls);
        counter("runlake.run.tokens", run.facts.tokens);
    }
    if (!current.empty()) { datagrams.push_back(std::move(current)); }
    return datagrams;
}

core::Status send_statsd(const std::string& address, std::span<const std::string> datagrams) {
    std::string host = address;
    std::string port = "8125";
    const auto colon = address.rfind(':');
    const bool bracketed = address.starts_with('[');
    if (colon != std::string::npos && (!bracketed || address[colon - 1] == ']') && (bracketed || address.find(':') == colon)) {
        host = address.substr(0, colon);
        port = address.substr(colon + 1);
    }
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') { host = host.substr(1, host.size() - 2); }
    const auto number = core::parse_integer(port);
    if (host.empty() || !number || *number < 1 || *number > 65535) {
        return core::Error(core::Errc::usage, core::cat("sending to StatsD: \"", address, "\" is no address of the form host:port"));
    }
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* raw = nullptr;
    const int failed = getaddrinfo(host.c_str(), port.c_str(), &hints, &raw);
    if (failed != 0) { return core::Error(core::Errc::io, core::cat("sending to StatsD at ", address, ": ", gai_strerror(failed))); }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> found(raw, freeaddrinfo);
    const os::Fd socket_fd(::socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, found->ai_protocol));
    if (!socket_fd.is_open() || ::connect(socket_fd.get(), found->ai_addr, found->ai_addrlen) != 0) {
        return os::system_error(errno, "sending to StatsD at", address);
    }
    for (const std::string& datagram : datagrams) {
        // ECONNREFUSED reports an earlier datagram that nobody listened for: with UDP that is no failure of ours.
        if (::send(socket_fd.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL) < 0 && errno != ECONNREFUSED) {
            return os::system_error(errno, "sending to StatsD at", address);
        }
    }
    return core::ok();
}

}  // namespace runlake::observe
