// SPDX-License-Identifier: Apache-2.0
// Framing and judging of journal lines: "1 <crc32, 8 hex> <payload>\n".
#include "record/journal_lines.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string>

#include "core/digest.hpp"
#include "os/files.hpp"
#include "record/journal.hpp"
#include "record/journal_names.hpp"

namespace runlake::record {
namespace {

constexpr std::string_view k_version = "1 ";
constexpr std::size_t k_crc_digits = 8;
constexpr std::size_t k_frame = 2 + k_crc_digits + 1;  // "1 ", digits, space
constexpr std::size_t k_block = 256U << 10U;
constexpr int k_most_tries = 64;

constexpr std::string_view k_hex = "0123456789abcdef";

int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') { return digit - '0'; }
    if (digit >= 'a' && digit <= 'f') { return digit - 'a' + 10; }
    return -1;
}

std::optional<std::uint32_t> parse_crc(std::string_view digits) {
    std::uint32_t value = 0;
    for (const char digit : digits) {
        const int nibble = hex_value(digit);
        if (nibble < 0) { return std::nullopt; }
        value = value << 4U | static_cast<std::uint32_t>(nibble);
    }
    return value;
}

// The payload when `text` is one whole frame; else nothing and, in `reason`, why.
std::optional<std::string_view> payload_of(std::string_view text, const char*& reason) {
    reason = "no frame";
    if (text.size() <= k_frame || !text.starts_with(k_version) || text[k_frame - 1] != ' ') { return std::nullopt; }
    const auto crc = parse_crc(text.substr(k_version.size(), k_crc_digits));
    if (!crc) { return std::nullopt; }
    const auto payload = text.substr(k_frame);
    reason = "checksum differs";
    if (core::crc32(payload) != *crc) { return std::nullopt; }
    return payload;
}

bool is_newer(std::string_view text) {
    const auto space = text.find(' ');
    if (space == 0 || space == std::string_view::npos || space > 9) { return false; }
    const auto digits = text.substr(0, space);
    return digits.find_first_not_of("0123456789") == std::string_view::npos && digits[0] != '0' && digits != "1";
}

// Only the last frame of a damaged line can be whole: every other one lost its newline.
std::optional<std::size_t> last_whole_frame(std::string_view text) {
    std::size_t from = text.size();
    for (int tries = 0; tries < k_most_tries && from > 0; ++tries) {
        const auto found = text.rfind(" {", from - 1);
        if (found == std::string_view::npos || found < k_frame) { return std::nullopt; }
        const std::size_t start = found + 1 - k_frame;
        const char* ignored = nullptr;
        if (start > 0 && payload_of(text.substr(start), ignored)) { return start; }
        from = found;
    }
    return std::nullopt;
}

// Collects blocks and gives out lines.
class Scanner {
  public:
    Scanner(std::uint64_t offset, const std::function<core::Status(const Line&)>& each) : offset_(offset), each_(each) {}

    core::Status add(std::string_view block) {
        while (!block.empty()) {
            const auto newline = block.find('\n');
            if (newline == std::string_view::npos) { return keep(block); }
            const auto piece = block.substr(0, newline + 1);
            block.remove_prefix(newline + 1);
            if (rest_.empty()) {
                RL_TRY(whole(piece));
            } else {
                rest_ += piece;
                const std::string joined = std::move(rest_);
                rest_.clear();
                RL_TRY(whole(joined));
            }
        }
        return core::ok();
    }
    std::uint64_t end() const { return overlong_ ? overlong_start_ : offset_; }
    bool torn() const { return overlong_ || !rest_.empty(); }

  private:
    core::Status keep(std::string_view block) {
        rest_ += block;
        if (rest_.size() <= k_line_limit) { return core::ok(); }
        const std::string piece = std::move(rest_);
        rest_.clear();
        return give_overlong(piece);
    }
    core::Status give_overlong(std::string_view piece) {
        Line line;
        line.kind = LineKind::overlong;
        line.raw = piece;
        line.offset = line.at = offset_;
        line.continued = overlong_;
        line.reason = "longer than 16 MiB";
        if (!overlong_) { overlong_start_ = offset_; }
        overlong_ = true;
        offset_ += piece.size();
        return each_(line);
    }
    core::Status whole(std::string_view raw) {
        if (overlong_ || raw.size() > k_line_limit + 1) {
            RL_TRY(give_overlong(raw));
            overlong_ = false;
            return core::ok();
        }
        Line line = judge_line(raw.substr(0, raw.size() - 1));
        line.raw = raw;
        line.offset = offset_;
        line.at += offset_;
        offset_ += raw.size();
        return each_(line);
    }

    std::uint64_t offset_;
    std::uint64_t overlong_start_ = 0;
    bool overlong_ = false;
    std::string rest_;
    const std::function<core::Status(const Line&)>& each_;
};

}  // namespace

std::string frame_line(std::string_view payload) {
    std::uint32_t crc = core::crc32(payload);
    std::array<char, k_crc_digits> digits{};
    for (std::size_t i = digits.size(); i-- > 0; crc >>= 4U) { digits[i] = k_hex[crc & 15U]; }
    std::string line;
    line.reserve(k_frame + payload.size() + 1);
    line += k_version;
    line.append(digits.data(), digits.size());
    line += ' ';
    line += payload;
    line += '\n';
    return line;
}

Line judge_line(std::string_view text) {
    Line line;
    if (text.empty()) {
        line.kind = LineKind::blank;
        return line;
    }
    if (const auto payload = payload_of(text, line.reason)) {
        line.kind = payload->starts_with(k_merged_prefix) ? LineKind::note : LineKind::good;
        line.payload = *payload;
        return line;
    }
    if (is_newer(text)) {
        line.kind = LineKind::newer;
        return line;
    }
    if (const auto start = last_whole_frame(text)) {
        line.kind = LineKind::mixed;
        line.at = *start;
        line.payload = text.substr(*start + k_frame);
    }
    return line;
}

core::Result<std::uint64_t> scan_lines(int fd, std::string_view path, std::uint64_t offset, bool& torn, const std::function<core::Status(const Line&)>& each) {
    Scanner scanner(offset, each);
    std::string block(k_block, '\0');
    std::uint64_t position = offset;
    for (;;) {
        const ssize_t got = ::pread(fd, block.data(), block.size(), static_cast<off_t>(position));
        if (got < 0 && errno == EINTR) { continue; }
        if (got < 0) { return os::system_error(errno, "reading segment", path); }
        if (got == 0) { break; }
        position += static_cast<std::uint64_t>(got);
        RL_TRY(scanner.add(std::string_view(block).substr(0, static_cast<std::size_t>(got))));
    }
    torn = scanner.torn();
    return scanner.end();
}

}  // namespace runlake::record
