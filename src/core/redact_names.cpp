// SPDX-License-Identifier: Apache-2.0
// Names that say that their value is a secret. The rules are written for people in docs/guide/redaction.md.
#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

#include "core/redact.hpp"
#include "core/redact_parts.hpp"

namespace runlake::core {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_in(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// Secret wherever they stand in a name.
bool is_strong_word(std::string_view word) {
    return word.ends_with("password") || word.ends_with("passwd") || word.ends_with("passphrase") ||
           is_in(word, {"passwords", "passcode", "secret", "secrets", "credential", "credentials", "creds", "authorization", "cookie", "cookies",
                        "apikey", "apikeys", "apitoken", "authtoken", "accesstoken", "refreshtoken", "bearertoken", "sessiontoken",
                        "csrftoken", "xsrftoken", "accesskey", "secretkey", "privatekey", "clientsecret", "sessionid", "sessid",
                        "phpsessid", "jsessionid"});
}

// The word before "key" (or "signature") that makes the two a secret.
bool is_strong_pair(std::string_view first, std::string_view second) {
    if (second == "key" || second == "keys") {
        return is_in(first, {"api", "access", "private", "signing", "encryption", "master", "account", "storage", "shared", "auth", "session",
                             "license", "subscription", "service", "deploy"});
    }
    if (second == "signature") { return is_in(first, {"amz", "goog"}); }
    return second == "id" && is_in(first, {"session", "secret"});
}

// Last words of names that hold something about a secret, or a number or switch, and not the secret itself.
bool is_harmless_last(std::string_view word) {
    return is_in(word, {"count", "counts", "length", "len", "limit", "min", "max", "size", "budget", "rate", "file", "files", "filename", "path",
                        "dir", "directory", "folder", "name", "names", "policy", "type", "mode", "method", "kind", "version", "enabled",
                        "required", "expiry", "expires", "expiration", "ttl", "age", "rotation", "url", "uri", "endpoint", "id", "ids",
                        "provider", "manager", "field", "column", "prompt", "hint", "arn", "ref", "jar", "store", "dim", "dropout"});
}

// Last words that only say which of several secrets it is.
bool is_qualifier(std::string_view word) {
    return is_in(word, {"prod", "production", "dev", "development", "test", "testing", "staging", "live", "old", "new", "value", "github", "gitlab"});
}

// "token" and "session" are counted and marked in text processing far more often than they are secrets.
bool is_counting_word(std::string_view word) {
    return is_in(word, {"n", "num", "max", "min", "pad", "eos", "bos", "unk", "mask", "sep", "cls", "end", "start", "stop", "special", "next",
                        "last", "first", "prev", "per", "each", "avg", "mean", "total", "vocab", "prompt", "image", "text", "word", "sub", "byte"});
}

// The word before "pass", "pwd" or "pw", which alone mean a pass over data, the working directory, nothing.
bool is_account_word(std::string_view word) {
    return is_in(word, {"db", "database", "user", "mysql", "pg", "postgres", "redis", "mongo", "smtp", "ftp", "admin", "root", "login", "account",
                        "proxy", "http", "ssh", "mail", "imap", "key", "keystore", "truststore", "ldap", "vault"});
}

// Words of a name: cut at everything that is no letter or digit and where capitals begin ("apiKey", "APIKey"); lower case, without
// digits at their end. Of a very long name only the end counts.
std::vector<std::string> words_of(std::string_view name) {
    constexpr std::size_t k_longest = 200;
    if (name.size() > k_longest) { name.remove_prefix(name.size() - k_longest); }
    std::vector<std::string> words;
    std::string word;
    const auto finish = [&] {
        while (!word.empty() && is_digit(word.back())) { word.pop_back(); }
        if (!word.empty()) { words.push_back(std::move(word)); }
        word.clear();
    };
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        if (!is_digit(c) && !is_lower(c) && !is_upper(c)) {
            finish();
            continue;
        }
        const bool after_small = i > 0 && (is_lower(name[i - 1]) || is_digit(name[i - 1]));
        const bool before_small = i > 0 && is_upper(name[i - 1]) && i + 1 < name.size() && is_lower(name[i + 1]);
        if (is_upper(c) && (after_small || before_small)) { finish(); }
        word += to_lower(c);
    }
    finish();
    return words;
}

bool starts_with_word(std::string_view text, std::string_view lower) {
    if (text.size() < lower.size()) { return false; }
    for (std::size_t i = 0; i < lower.size(); ++i) {
        if (to_lower(text[i]) != lower[i]) { return false; }
    }
    return true;
}

// Cheap refusal of most names: none of the rules can hold without one of these in the name.
bool may_be_secret(std::string_view name) {
    for (std::size_t i = 0; i < name.size(); ++i) {
        const std::string_view rest = name.substr(i);
        const auto has = [&](std::string_view stem) { return starts_with_word(rest, stem); };
        bool found = false;
        switch (to_lower(name[i])) {
            case 'a': found = has("auth"); break;
            case 'c': found = has("cred") || has("cookie"); break;
            case 'k': found = has("key"); break;
            case 'p': found = has("pass") || has("pw"); break;
            case 's': found = has("secret") || has("sess") || has("signature"); break;
            case 't': found = has("token"); break;
            default: break;
        }
        if (found) { return true; }
    }
    return false;
}

}  // namespace

Secrecy secrecy_of(std::string_view name) {
    if (!may_be_secret(name)) { return Secrecy::none; }
    std::vector<std::string> words = words_of(name);
    while (words.size() > 1 && is_qualifier(words.back())) { words.pop_back(); }
    if (words.empty() || is_in(words.front(), {"no", "without", "skip", "ask", "has", "is", "use"})) { return Secrecy::none; }
    const std::string_view last = words.back();
    const std::string_view before = words.size() > 1 ? std::string_view(words[words.size() - 2]) : "";
    if (is_harmless_last(last) && !is_strong_pair(before, last)) { return Secrecy::none; }
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (is_strong_word(words[i]) || (i > 0 && is_strong_pair(words[i - 1], words[i]))) { return Secrecy::strong; }
    }
    if (is_in(last, {"pass", "pwd", "pw"})) { return is_account_word(before) ? Secrecy::strong : Secrecy::none; }
    if (is_in(last, {"token", "session"})) { return is_counting_word(before) ? Secrecy::none : Secrecy::weak; }
    return last == "auth" ? Secrecy::weak : Secrecy::none;
}

bool is_header_name(std::string_view name) {
    if (!may_be_secret(name)) { return false; }
    const std::vector<std::string> words = words_of(name);
    return !words.empty() && is_in(words.back(), {"authorization", "cookie"});
}

bool is_secret_name(std::string_view name) { return secrecy_of(name) != Secrecy::none; }

}  // namespace runlake::core
