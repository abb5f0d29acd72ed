// SPDX-License-Identifier: Apache-2.0
// The redactor: one pass over the text from left to right. Every look ahead is either bounded, or what it looked at is then
// consumed, so that the time stays linear for any text.
#include "core/redact.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

#include "core/redact_parts.hpp"
#include "core/text.hpp"

namespace runlake::core {
namespace {

constexpr std::size_t k_none = std::string_view::npos;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
bool is_word(char c) { return is_alnum(c) || c == '_'; }
bool is_name(char c) { return is_word(c) || c == '-' || c == '.'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_space(char c) { return is_blank(c) || (c >= '\n' && c <= '\r'); }
bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }

bool equals_any(std::string_view text, std::initializer_list<std::string_view> words) {
    if (text.size() > 16) { return false; }
    const std::string lower = lower_ascii(text);
    return std::find(words.begin(), words.end(), lower) != words.end();
}

// Values that hide nothing: none, a mask, a sign ("unexpected token: '}'").
bool is_no_secret(std::string_view value) {
    if (value.find_first_not_of('*') == k_none || (value.size() <= 2 && std::none_of(value.begin(), value.end(), is_alnum))) { return true; }
    return value == k_redacted || equals_any(value, {"none", "null", "nil", "true", "false", "undefined"});
}

// What programs say of a file that is named like a secret ("/etc/passwd: Permission denied"): how long such a word is, 0 for anything else.
std::size_t refusal_length(std::string_view rest) {
    for (const std::string_view words : {"permission denied", "no such file or directory", "is a directory", "not a directory", "file exists", "operation not permitted", "command not found",
                                         "read-only file system", "no space left on device", "input/output error", "connection refused"}) {
        const bool ends = rest.size() == words.size() || (rest.size() > words.size() && !is_name(rest[words.size()]));
        if (ends && lower_ascii(rest.substr(0, words.size())) == words) { return words.size(); }
    }
    return 0;
}

bool is_scheme(std::string_view word) { return equals_any(word, {"bearer", "basic", "digest", "token", "negotiate", "apikey"}); }

class Redactor {
  public:
    explicit Redactor(std::string_view text) : text_(text), tokens_(text) {}

    std::string run() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (is_word(c) && (at_ == 0 || !is_word(text_[at_ - 1]))) {
                if (!token() && !credential_after_scheme() && !named_value()) { keep_word(); }
            } else if (!(c == ':' && url_password()) && !(c == '-' && private_key())) {
                keep(at_ + 1);
            }
        }
        flush();
        return std::move(out_);
    }

  private:
    char peek(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
    std::size_t skip_blanks(std::size_t i) const {
        while (i < text_.size() && is_blank(text_[i])) { ++i; }
        return i;
    }
    std::size_t line_end(std::size_t from) const { return std::min(text_.find_first_of("\r\n", from), text_.size()); }

    void keep(std::size_t end) { at_ = end; }
    // Writes what was kept since the last mark. Most texts hold no secret and are copied at once.
    void flush() {
        out_.append(text_, copied_, at_ - copied_);
        copied_ = at_;
    }
    void keep_word() {
        std::size_t end = at_;
        while (end < text_.size() && is_word(text_[end])) { ++end; }
        keep(end);
    }
    // Keeps what stands before the secret and writes the mark in its place.
    void hide(std::size_t start, std::size_t end) {
        at_ = start;
        flush();
        out_ += k_redacted;
        copied_ = at_ = end;
    }

    bool token() {
        const std::size_t length = tokens_.length_at(at_);
        if (length > 0) { hide(at_, at_ + length); }
        return length > 0;
    }

    bool credential_after_scheme();
    bool url_password();
    bool private_key();
    bool named_value();
    bool option_value(std::size_t name_end);
    void hide_value(std::size_t start, std::string_view name, Secrecy secrecy, char separator);
    bool hide_quoted(std::size_t start);
    std::size_t closing_bracket(std::size_t start) const;
    std::size_t plain_end(std::size_t start) const;
    bool starts_line(std::size_t name_start) const;
    std::size_t header_end(std::size_t name_start, std::size_t value) const;

    std::string_view text_;
    std::string out_;
    std::size_t at_ = 0;
    std::size_t copied_ = 0;    // what stands before it is in out_, or hidden
    std::size_t name_end_ = 0;  // names before it have been judged
    TokenFinder tokens_;
};

// "Bearer abc..." and "Basic abc..." without a header's name before them. What follows must look like no word.
bool Redactor::credential_after_scheme() {
    if ((text_[at_] | 0x20) != 'b') { return false; }
    std::size_t end = at_;
    while (end < text_.size() && end - at_ < 7 && is_alnum(text_[end])) { ++end; }
    if (!equals_any(text_.substr(at_, end - at_), {"bearer", "basic"}) || !is_blank(peek(end))) { return false; }
    const std::size_t start = skip_blanks(end);
    std::size_t stop = start;
    bool random = false;
    while (stop < text_.size() && (is_name(text_[stop]) || text_[stop] == '+' || text_[stop] == '/' || text_[stop] == '~' || text_[stop] == '=')) {
        const char c = text_[stop];
        random = random || is_digit(c) || c == '=' || (c >= 'A' && c <= 'Z' && stop > start);
        ++stop;
    }
    if (stop - start < 8 || (!random && stop - start < 24)) {
        keep(start);  // looked at once is enough: a row of blanks must not be walked again for each word
        return true;
    }
    hide(start, stop);
    return true;
}

// "://user:password@": the password; "://token@" with a long name: the name. The last '@' of the authority ends them.
bool Redactor::url_password() {
    if (text_.substr(at_, 3) != "://") { return false; }
    const std::size_t start = at_ + 3;
    std::size_t end = start;
    std::size_t sign = k_none;
    while (end < text_.size() && !is_space(text_[end]) && !is_quote(text_[end]) && std::string_view("/?#<>\\").find(text_[end]) == k_none) {
        if (text_[end] == '@') { sign = end; }
        ++end;
    }
    if (sign == k_none) {
        keep(start);
        return true;
    }
    constexpr std::size_t k_longest_user = 19;
    const std::size_t colon = text_.substr(0, sign).find(':', start);
    const std::size_t secret = colon != k_none ? colon + 1 : start;
    const std::string_view value = text_.substr(secret, sign - secret);
    if (colon == k_none ? value.size() > k_longest_user : !is_no_secret(value)) {
        hide(secret, sign);
    } else {
        keep(sign);
    }
    return true;
}

// A private key in PEM form, also one of which a cut has left only the beginning or the end.
bool Redactor::private_key() {
    constexpr std::string_view k_begin = "-----BEGIN ";
    constexpr std::string_view k_end = "-----END ";
    constexpr std::size_t k_longest_label = 40;
    const std::string_view rest = text_.substr(at_);
    const bool begins = rest.starts_with(k_begin);
    if (!begins && !rest.starts_with(k_end)) { return false; }
    const std::size_t label_start = begins ? k_begin.size() : k_end.size();
    const std::string_view near = rest.substr(label_start, k_longest_label);
    const std::size_t label_end = near.find("-----");
    if (label_end == k_none || near.substr(0, label_end).find("PRIVATE KEY") == k_none) { return false; }
    const std::size_t after = at_ + label_start + label_end + 5;
    if (begins) {
        const std::size_t end = text_.find(k_end, after);
        const std::size_t dashes = end == k_none ? k_none : text_.find("-----", end + k_end.size());
        hide(at_, dashes == k_none ? text_.size() : dashes + 5);
        return true;
    }
    // Take back the lines of base64 before it.
    flush();
    std::size_t kept = out_.size();
    while (kept > 0 && out_[kept - 1] == '\n') {
        std::size_t line = kept - 1;
        while (line > 0 && (is_alnum(out_[line - 1]) || std::string_view("+/=\r").find(out_[line - 1]) != k_none)) { --line; }
        if (line > 0 && out_[line - 1] != '\n') { break; }
        kept = line;
    }
    out_.resize(kept);
    out_ += k_redacted;
    copied_ = at_ = after;
    return true;
}

// name=value, "name": "value", <name>value<, --name value.
bool Redactor::named_value() {
    if (at_ < name_end_) { return false; }
    std::size_t end = at_;
    while (end < text_.size() && is_name(text_[end])) { ++end; }
    name_end_ = end;
    const std::string_view name = text_.substr(at_, end - at_);
    const char before = at_ > 0 ? text_[at_ - 1] : '\0';
    // Behind the name: its closing quote (which may be escaped), blanks, the separator.
    std::size_t next = end;
    if (is_quote(before)) {
        std::size_t quote = next;
        while (peek(quote) == '\\') { ++quote; }
        if (peek(quote) == before) { next = quote + 1; }
    }
    const bool in_url = before == '?' || before == '&';
    const bool is_element = before == '<' && peek(next) == '>';
    const std::size_t sign = is_element ? next : skip_blanks(next);
    const char separator = peek(sign);
    const bool is_colon = separator == ':' && peek(sign + 1) != ':' && text_.substr(sign, 3) != "://";
    if (separator != '=' && !is_colon && !is_element) { return before == '-' && option_value(end); }
    const Secrecy secrecy = in_url && name == "sig" ? Secrecy::strong : secrecy_of(name);
    if (secrecy == Secrecy::none) { return false; }
    std::size_t value = sign + 1;
    if (!is_element && (peek(value) == '=' || peek(value) == '>')) { ++value; }  // ":=", "==", "=>"
    hide_value(skip_blanks(value), name, secrecy, value == sign + 1 ? separator : '=');
    return true;
}

// "--password hunter2" within a text.
bool Redactor::option_value(std::size_t name_end) {
    const std::string_view name = text_.substr(at_, name_end - at_);
    const bool is_option = at_ < 2 || text_[at_ - 2] == '-' || is_space(text_[at_ - 2]) || is_quote(text_[at_ - 2]);
    const std::size_t value = skip_blanks(name_end);
    if (!is_option || value == name_end || peek(value) == '-' || secrecy_of(name) == Secrecy::none) { return false; }
    hide_value(value, name, Secrecy::strong, ' ');
    return true;
}

void Redactor::hide_value(std::size_t start, std::string_view name, Secrecy secrecy, char separator) {
    const std::size_t name_start = at_;
    if (start >= text_.size() || is_space(text_[start])) { return keep(start); }
    if (text_.substr(start).starts_with(k_redacted)) { return keep(start + k_redacted.size()); }
    if (hide_quoted(start)) { return; }
    if (separator == '>') { return hide(start, std::min(text_.find_first_of("<\r\n", start), text_.size())); }
    if (text_[start] == '[' || text_[start] == '{') { return hide(start, closing_bracket(start)); }
    if (separator == ':' && is_header_name(name)) { return hide(start, header_end(name_start, start)); }
    std::size_t end = plain_end(start);
    std::string_view value = text_.substr(start, end - start);
    const bool is_quoted_name = name_start > 0 && is_quote(text_[name_start - 1]);
    if (separator == ':' && !is_quoted_name) {
        if (const std::size_t refusal = refusal_length(text_.substr(start)); refusal > 0) { return keep(start + refusal); }
        if (secrecy == Secrecy::strong && starts_line(name_start)) {
            const std::size_t line = line_end(start);
            return is_no_secret(trim(text_.substr(start, line - start))) ? keep(line) : hide(start, line);
        }
        const bool random = value.size() >= 16 || std::any_of(value.begin(), value.end(), is_digit);
        if (secrecy == Secrecy::weak && !random && !is_scheme(value)) { return keep(start); }
    }
    if (is_no_secret(value)) { return keep(end); }
    if (is_scheme(value) && is_blank(peek(end))) {  // "auth=Bearer abc"
        const std::size_t credential = skip_blanks(end);
        end = std::max(end, plain_end(credential));
        value = text_.substr(start, end - start);
    }
    hide(start, end);
}

// A value in quotes: plain ('x'), escaped (\"x\"), tripled, or with a letter before them (b'x').
bool Redactor::hide_quoted(std::size_t start) {
    std::size_t open = start;
    while (open < start + 2 && is_alnum(peek(open))) { ++open; }
    const bool is_prefix = open > start && is_quote(peek(open)) &&
                           text_.substr(start, open - start).find_first_not_of("bBrRuUfF") == k_none;
    if (!is_prefix) { open = start; }
    std::size_t quote = open;
    while (peek(quote) == '\\') { ++quote; }
    if (!is_quote(peek(quote))) { return false; }
    std::size_t inner = quote + 1;
    std::string_view mark = text_.substr(open, inner - open);
    if (quote == open && peek(inner) == mark[0] && peek(inner + 1) == mark[0]) {
        inner += 2;
        mark = text_.substr(open, 3);
    }
    // Backslashes within a plainly quoted value protect the character after them.
    std::size_t close = inner;
    const bool is_tripled = mark.size() == 3 && mark[0] == mark[1];
    while (close < text_.size() && text_.substr(close, mark.size()) != mark && (is_tripled || (text_[close] != '\n' && text_[close] != '\r'))) {
        close += quote == open && text_[close] == '\\' && close + 1 < text_.size() && text_[close + 1] != '\n' ? 2 : 1;
    }
    close = std::min(close, text_.size());
    if (is_no_secret(text_.substr(inner, close - inner))) {
        keep(close);
    } else {
        hide(inner, close);
    }
    if (text_.substr(close, mark.size()) == mark) { keep(close + mark.size()); }
    return true;
}

// Behind the bracket that closes the one at `start`, or the line's end when none does.
std::size_t Redactor::closing_bracket(std::size_t start) const {
    std::size_t depth = 0;
    char quote = '\0';
    std::size_t i = start;
    for (; i < text_.size() && text_[i] != '\n' && text_[i] != '\r'; ++i) {
        const char c = text_[i];
        if (quote != '\0') {
            if (c == '\\' && is_quote(peek(i + 1))) { ++i; }
            if (c == quote) { quote = '\0'; }
        } else if (is_quote(c)) {
            quote = c;
        } else if (c == '[' || c == '{') {
            ++depth;
        } else if ((c == ']' || c == '}') && --depth == 0) {
            return i + 1;
        }
    }
    return i;
}

// An unquoted value goes to white space or a quote, or to ',', ';' or '&' when a name and a separator or nothing follows them.
std::size_t Redactor::plain_end(std::size_t start) const {
    std::size_t end = start;
    while (end < text_.size()) {
        const char c = text_[end];
        if (is_space(c) || is_quote(c) || (c == '\\' && is_quote(peek(end + 1)))) { break; }
        if (c == ',' || c == ';' || c == '&') {
            std::size_t name = end + 1;
            while (name < text_.size() && is_name(text_[name])) { ++name; }
            const char after = peek(name);
            if (name == end + 1 ? (after == '\0' || is_space(after) || is_quote(after)) : (after == '=' || after == ':')) { break; }
            end = name;
            continue;
        }
        ++end;
    }
    while (end > start + 1 && std::string_view(")]}>,;").find(text_[end - 1]) != k_none) { --end; }
    return end;
}

// Whether only blanks and a list's dash stand before the name on its line, as in YAML.
bool Redactor::starts_line(std::size_t name_start) const {
    constexpr std::size_t k_deepest = 64;
    std::size_t i = name_start;
    while (i > 0 && name_start - i < k_deepest && (is_blank(text_[i - 1]) || text_[i - 1] == '-')) { --i; }
    return i == 0 || text_[i - 1] == '\n';
}

// A header ends with its line, written as such or escaped, or with the quote that stands before its name.
std::size_t Redactor::header_end(std::size_t name_start, std::size_t value) const {
    const char before = name_start > 0 ? text_[name_start - 1] : '\0';
    std::size_t end = value;
    for (; end < text_.size(); ++end) {
        const char c = text_[end];
        if (c == '\n' || c == '\r' || (is_quote(before) && c == before)) { break; }
        if (c == '\\' && (peek(end + 1) == 'r' || peek(end + 1) == 'n' || is_quote(peek(end + 1)))) { break; }
    }
    return end;
}

// The value of a short option that carries a password in the programs named.
std::string redact_program_option(std::string_view program, std::string_view argument) {
    if (argument.starts_with("-p=") && argument.size() > 3) {
        return is_no_secret(argument.substr(3)) || parse_float(argument.substr(3)) ? "" : cat("-p=", k_redacted);
    }
    if (!argument.starts_with("-p") || argument.size() == 2) { return ""; }
    return equals_any(program, {"mysql", "mysqldump", "mysqladmin", "mariadb", "mariadb-dump", "sshpass"}) ? cat("-p", k_redacted) : "";
}

bool takes_secret_next(std::string_view program, std::string_view argument) {
    if (program == "sshpass" && argument == "-p") { return true; }
    return argument.starts_with('-') && std::all_of(argument.begin(), argument.end(), is_name) && is_secret_name(argument);
}

// "name=value" or "--name=value" as a whole argument: the value may hold blanks and anything else.
std::optional<std::string> redact_assignment(std::string_view argument) {
    const std::size_t sign = argument.find('=');
    if (sign == k_none || sign == 0) { return std::nullopt; }
    const std::string_view name = argument.substr(0, sign);
    if (!std::all_of(name.begin(), name.end(), is_name) || !is_secret_name(name)) { return std::nullopt; }
    if (is_no_secret(argument.substr(sign + 1))) { return std::string(argument); }
    return cat(name, '=', k_redacted);
}

}  // namespace

std::string redact_text(std::string_view text) {
    std::string last = Redactor(text).run();
    if (last == text) { return last; }
    // A mark can make a value longer or end it elsewhere, so that a second look hides more. What is stored may be redacted again
    // later (a note, an export) and must not change then.
    constexpr int k_most_passes = 8;
    for (int pass = 0; pass < k_most_passes; ++pass) {
        std::string next = Redactor(last).run();
        if (next == last) { return last; }
        last = std::move(next);
    }
    return std::string(k_redacted);  // made to defeat us: nothing of it is kept
}

std::vector<std::string> redact_argv(const std::vector<std::string>& argv) {
    std::vector<std::string> out;
    out.reserve(argv.size());
    const std::string_view first = argv.empty() ? std::string_view() : std::string_view(argv.front());
    const std::string_view program = first.substr(first.rfind('/') + 1);
    const bool sends_user = equals_any(program, {"curl", "wget"});
    bool hide_next = false;
    bool user_next = false;
    for (const std::string& argument : argv) {
        const bool hide = std::exchange(hide_next, false) && !argument.starts_with("--");
        const bool user = std::exchange(user_next, false);
        if (hide) {
            out.push_back(is_no_secret(argument) ? argument : std::string(k_redacted));
            continue;
        }
        hide_next = takes_secret_next(program, argument);
        user_next = sends_user && equals_any(argument, {"-u", "--user", "--proxy-user"});
        const std::size_t colon = argument.find(':');
        if (user && colon != k_none && colon + 1 < argument.size()) {
            out.push_back(argument.substr(0, colon + 1).append(k_redacted));
        } else if (auto assigned = redact_assignment(argument)) {
            out.push_back(*std::move(assigned));
        } else if (std::string option = redact_program_option(program, argument); !option.empty()) {
            out.push_back(std::move(option));
        } else {
            out.push_back(redact_text(argument));
        }
    }
    return out;
}

Json redact_value(std::string_view name, const Json& value) {
    if (value.is_null() || value.is_bool()) { return value; }  // nothing in it to hide
    if (is_secret_name(name)) { return Json(k_redacted); }
    if (const std::string* text = value.as_string()) { return Json(redact_text(*text)); }
    if (const JsonObject* members = value.as_object()) {
        JsonObject out;
        out.reserve(members->size());
        for (const auto& [key, member] : *members) { out.emplace_back(key, redact_value(key, member)); }
        return Json(std::move(out));
    }
    const JsonArray* items = value.as_array();
    if (items == nullptr) { return value; }
    JsonArray out;
    out.reserve(items->size());
    // A list of texts may be a command line, in which an option names the secret after it.
    if (std::all_of(items->begin(), items->end(), [](const Json& item) { return item.is_string(); })) {
        std::vector<std::string> texts;
        for (const Json& item : *items) { texts.push_back(*item.as_string()); }
        for (std::string& text : redact_argv(texts)) { out.emplace_back(std::move(text)); }
    } else {
        for (const Json& item : *items) { out.push_back(redact_value(name, item)); }
    }
    return Json(std::move(out));
}

}  // namespace runlake::core
