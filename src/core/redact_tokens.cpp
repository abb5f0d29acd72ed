// SPDX-License-Identifier: Apache-2.0
// Tokens that are known by their form, whatever stands before them.
#include <algorithm>
#include <array>

#include "core/redact_parts.hpp"

namespace runlake::core {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_alnum(char c) { return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z'); }

enum class Alphabet { alnum, word, word_dash, upper };

bool is_of(Alphabet alphabet, char c) {
    switch (alphabet) {
        case Alphabet::alnum: return is_alnum(c);
        case Alphabet::word: return is_alnum(c) || c == '_';
        case Alphabet::word_dash: return is_alnum(c) || c == '_' || c == '-';
        case Alphabet::upper: return is_upper(c) || is_digit(c);
    }
    return false;
}

// Words joined by dashes ("sk-learn-contrib-examples") have neither; of the tokens one in a million. Bounded, because a text that
// is no token is looked at again from each of its dashes.
bool looks_random(std::string_view text) {
    text = text.substr(0, 64);
    return std::any_of(text.begin(), text.end(), [](char c) { return is_digit(c) || is_upper(c); });
}

// A prefix, then at least `least` characters of the alphabet, all of which belong to the token.
struct Form {
    std::string_view prefix;
    Alphabet alphabet;
    std::size_t least;
};

constexpr Form k_forms[] = {
    {"AKIA", Alphabet::upper, 16},                                                              // AWS access keys
    {"ASIA", Alphabet::upper, 16},
    {"ABIA", Alphabet::upper, 16},
    {"ACCA", Alphabet::upper, 16},
    {"ghp_", Alphabet::alnum, 20},                                                              // GitHub
    {"gho_", Alphabet::alnum, 20},
    {"ghu_", Alphabet::alnum, 20},
    {"ghs_", Alphabet::word_dash, 20},
    {"ghr_", Alphabet::alnum, 20},
    {"github_pat_", Alphabet::word, 20},
    {"glpat-", Alphabet::word_dash, 16},                                                        // GitLab
    {"gldt-", Alphabet::word_dash, 16},
    {"glrt-", Alphabet::word_dash, 16},
    {"glptt-", Alphabet::word_dash, 16},
    {"glcbt-", Alphabet::word_dash, 16},
    {"glsoat-", Alphabet::word_dash, 16},
    {"xoxa-", Alphabet::word_dash, 10},                                                         // Slack
    {"xoxb-", Alphabet::word_dash, 10},
    {"xoxe-", Alphabet::word_dash, 10},
    {"xoxp-", Alphabet::word_dash, 10},
    {"xoxr-", Alphabet::word_dash, 10},
    {"xoxs-", Alphabet::word_dash, 10},
    {"xapp-", Alphabet::word_dash, 10},
    {"AIza", Alphabet::word_dash, 30},                                                          // Google
    {"GOCSPX-", Alphabet::word_dash, 20},
    {"ya29.", Alphabet::word_dash, 20},
    {"sk-", Alphabet::word_dash, 20},                                                           // model providers
    {"hf_", Alphabet::alnum, 20},
    {"sk_live_", Alphabet::alnum, 16},                                                          // payment providers
    {"sk_test_", Alphabet::alnum, 16},
    {"rk_live_", Alphabet::alnum, 16},
    {"npm_", Alphabet::alnum, 30},                                                              // package registries
    {"pypi-", Alphabet::word_dash, 30},
    {"dop_v1_", Alphabet::alnum, 30},
};

// Which characters a token can begin with: most words are told to be none by their first one.
constexpr std::array<bool, 256> k_first = [] {
    std::array<bool, 256> table{};
    for (const Form& form : k_forms) { table[static_cast<unsigned char>(form.prefix[0])] = true; }
    table['e'] = true;  // of a web token
    return table;
}();

}  // namespace

std::size_t TokenFinder::run_end(std::size_t at) {
    if (at < known_start_ || at >= known_end_) {
        known_start_ = at;
        known_end_ = at;
        while (known_end_ < text_.size() && is_of(Alphabet::word_dash, text_[known_end_])) { ++known_end_; }
    }
    return known_end_;
}

std::size_t TokenFinder::length_at(std::size_t at) {
    const std::string_view rest = text_.substr(at);
    if (!k_first[static_cast<unsigned char>(rest[0])]) { return 0; }
    for (const Form& form : k_forms) {
        if (rest[0] != form.prefix[0] || !rest.starts_with(form.prefix)) { continue; }
        std::size_t end = form.prefix.size();
        if (form.alphabet == Alphabet::word_dash) {
            end = std::max(end, run_end(at + end) - at);
        } else {
            while (end < rest.size() && is_of(form.alphabet, rest[end])) { ++end; }
        }
        if (end - form.prefix.size() >= form.least && looks_random(rest.substr(form.prefix.size(), end - form.prefix.size()))) { return end; }
    }
    // A JSON web token: three parts in base64url, of which the first two are JSON objects ("eyJ" is `{"`).
    if (rest.starts_with("eyJ")) {
        const std::size_t header = run_end(at);
        if (header - at < 10 || header + 4 > text_.size() || text_.substr(header, 4) != ".eyJ") { return 0; }
        const std::size_t payload = run_end(header + 1);
        if (payload == text_.size() || text_[payload] != '.') { return payload - at; }  // cut off
        return run_end(payload + 1) - at;
    }
    return 0;
}

}  // namespace runlake::core
