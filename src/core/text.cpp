// SPDX-License-Identifier: Apache-2.0
// Splitting, trimming, UTF-8 cuts, columns, and the search for a mistyped word.
#include "core/text.hpp"

#include <algorithm>

#include "core/utf8.hpp"

namespace runlake::core {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Edit distance with insertion, deletion, replacement and the swap of two neighbours, each for 1.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    const std::size_t width = b.size() + 1;
    std::vector<std::size_t> before(width);
    std::vector<std::size_t> last(width);
    std::vector<std::size_t> row(width);
    for (std::size_t j = 0; j < width; ++j) { last[j] = j; }
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j < width; ++j) {
            const std::size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replace});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) { row[j] = std::min(row[j], before[j - 2] + 1); }
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

}  // namespace

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> pieces;
    for (;;) {
        const std::size_t end = text.find(separator);
        pieces.push_back(text.substr(0, end));
        if (end == std::string_view::npos) { return pieces; }
        text.remove_prefix(end + 1);
    }
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_space(text.front())) { text.remove_prefix(1); }
    while (!text.empty() && is_space(text.back())) { text.remove_suffix(1); }
    return text;
}

std::string lower_ascii(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') { c = static_cast<char>(c - 'A' + 'a'); }
    }
    return out;
}

std::string join(std::span<const std::string> pieces, std::string_view separator) {
    std::string out;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (i > 0) { out += separator; }
        out += pieces[i];
    }
    return out;
}

std::string_view cut_utf8(std::string_view text, std::size_t max_bytes) {
    if (text.size() <= max_bytes) { return text; }
    // Back over at most three continuation bytes to the start of the sequence that the cut would split. Bytes that belong
    // to no sequence are cut anywhere.
    for (std::size_t start = max_bytes; start > 0 && max_bytes - start < 4; --start) {
        if ((static_cast<unsigned char>(text[start]) & 0xC0U) == 0x80) { continue; }
        const std::size_t bytes = decode_utf8(text, start).bytes;
        return text.substr(0, start + bytes > max_bytes ? start : max_bytes);
    }
    // The first sequence alone is longer than the limit.
    return max_bytes < 4 && decode_utf8(text, 0).bytes > max_bytes ? text.substr(0, 0) : text.substr(0, max_bytes);
}

std::string valid_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t bytes = decode_utf8(text, i).bytes;
        if (bytes == 0) {
            out += k_replacement;
            ++i;
        } else {
            out.append(text, i, bytes);
            i += bytes;
        }
    }
    return out;
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    for (std::size_t i = 0; i < text.size();) {
        const Utf8 next = decode_utf8(text, i);
        width += next.bytes == 0 ? 1 : static_cast<std::size_t>(column_width(next.code_point));  // U+FFFD takes one column
        i += std::max<std::size_t>(next.bytes, 1);
    }
    return width;
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
    constexpr std::size_t k_longest = 100;  // no command or option is longer; bounds the quadratic distance
    if (word.empty() || word.size() > k_longest) { return std::nullopt; }
    const std::string wanted = lower_ascii(word);
    const std::string* best = nullptr;
    std::size_t best_distance = 0;
    for (const std::string& candidate : candidates) {
        if (candidate.empty() || candidate.size() > k_longest) { continue; }
        const std::size_t distance = edit_distance(wanted, lower_ascii(candidate));
        if (distance * 3 > std::max(word.size(), candidate.size())) { continue; }
        if (best == nullptr || distance < best_distance) {
            best = &candidate;
            best_distance = distance;
        }
    }
    return best == nullptr ? std::nullopt : std::optional(*best);
}

}  // namespace runlake::core
