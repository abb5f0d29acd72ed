// SPDX-License-Identifier: Apache-2.0
// Calendar arithmetic on the proleptic Gregorian calendar, without the C library's time zones and locale.
#include "core/clock.hpp"

#include <algorithm>
#include <chrono>

namespace runlake::core {
namespace {

constexpr std::int64_t k_second = 1'000'000;
constexpr std::int64_t k_day = 86'400 * k_second;
constexpr std::int64_t k_first = -62'167'219'200 * k_second;             // 0000-01-01T00:00:00
constexpr std::int64_t k_last = 253'402'300'799 * k_second + 999'999;    // 9999-12-31T23:59:59.999999

struct Fields {
    int year = 0;
    unsigned month = 0;
    unsigned day = 0;
    std::int64_t micros = 0;  // of the day
};

Fields fields_of(Timestamp at) {
    const std::int64_t micros = std::clamp(at.micros, k_first, k_last);
    std::int64_t days = micros / k_day;
    std::int64_t rest = micros % k_day;
    if (rest < 0) {
        rest += k_day;
        --days;
    }
    const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
    return {static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), rest};
}

void append_digits(std::string& out, std::int64_t value, int width) {
    const std::size_t end = out.size() + static_cast<std::size_t>(width);
    out.resize(end);
    for (std::size_t i = end; width > 0; --width, value /= 10) { out[--i] = static_cast<char>('0' + value % 10); }
}

// Reads fixed-width pieces from the left; the first failure sticks.
class Reader {
  public:
    explicit Reader(std::string_view text) : rest_(text) {}

    int digits(std::size_t width) {
        if (rest_.size() < width) { return fail(); }
        int value = 0;
        for (const char c : rest_.substr(0, width)) {
            if (c < '0' || c > '9') { return fail(); }
            value = value * 10 + (c - '0');
        }
        rest_.remove_prefix(width);
        return value;
    }
    bool skip(char c) {
        if (rest_.empty() || rest_.front() != c) { return false; }
        rest_.remove_prefix(1);
        return true;
    }
    void demand(char c) {
        if (!skip(c)) { fail(); }
    }
    // One to nine digits after the point, cut to microseconds.
    std::int64_t fraction() {
        std::int64_t value = 0;
        std::size_t count = 0;
        while (count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') {
            if (count < 6) { value = value * 10 + (rest_[count] - '0'); }
            ++count;
        }
        if (count == 0 || count > 9) { return fail(); }
        for (std::size_t i = count; i < 6; ++i) { value *= 10; }
        rest_.remove_prefix(count);
        return value;
    }
    bool at_end() const { return rest_.empty(); }
    bool failed() const { return failed_; }

  private:
    int fail() {
        failed_ = true;
        return 0;
    }

    std::string_view rest_;
    bool failed_ = false;
};

Error bad_time(std::string_view text, std::string_view why) {
    std::string message = "reading a time: ";
    message += text.size() <= 60 ? "\"" + std::string(text) + "\" " : std::string("the text given ");
    return Error(Errc::usage, message.append(why));
}

}  // namespace

std::string format_iso(Timestamp at) {
    const Fields f = fields_of(at);
    const std::int64_t seconds = f.micros / k_second;
    std::string out;
    out.reserve(27);
    append_digits(out, f.year, 4);
    append_digits(out += '-', f.month, 2);
    append_digits(out += '-', f.day, 2);
    append_digits(out += 'T', seconds / 3600, 2);
    append_digits(out += ':', seconds / 60 % 60, 2);
    append_digits(out += ':', seconds % 60, 2);
    append_digits(out += '.', f.micros % k_second, 6);
    return out += 'Z';
}

std::string format_stamp(Timestamp at) {
    const Fields f = fields_of(at);
    const std::int64_t seconds = f.micros / k_second;
    std::string out;
    out.reserve(15);
    append_digits(out, f.year, 4);
    append_digits(out, f.month, 2);
    append_digits(out, f.day, 2);
    append_digits(out += '_', seconds / 3600, 2);
    append_digits(out, seconds / 60 % 60, 2);
    append_digits(out, seconds % 60, 2);
    return out;
}

Result<Timestamp> parse_iso(std::string_view text) {
    constexpr std::string_view k_forms = "is none: write YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS, with Z or an offset like +02:00 if it is not UTC";
    Reader in(text);
    const int year = in.digits(4);
    in.demand('-');
    const int month = in.digits(2);
    in.demand('-');
    const int day = in.digits(2);
    int hour = 0;
    int minute = 0;
    int second = 0;
    std::int64_t fraction = 0;
    std::int64_t offset_s = 0;
    if (!in.failed() && !in.at_end()) {
        if (!in.skip('T')) { in.demand(' '); }
        hour = in.digits(2);
        in.demand(':');
        minute = in.digits(2);
        if (in.skip(':')) {
            second = in.digits(2);
            if (in.skip('.')) { fraction = in.fraction(); }
        }
        const bool east = in.skip('+');
        if (east || in.skip('-')) {
            const int offset_hour = in.digits(2);
            in.demand(':');
            const int offset_minute = in.digits(2);
            if (offset_hour > 23 || offset_minute > 59) { return bad_time(text, "has an offset that does not exist"); }
            offset_s = (east ? 1 : -1) * (offset_hour * 3600 + offset_minute * 60);
        } else {
            in.skip('Z');
        }
    }
    if (in.failed() || !in.at_end()) { return bad_time(text, k_forms); }
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok()) { return bad_time(text, "is a day that does not exist"); }
    if (hour > 23 || minute > 59 || second > 59) { return bad_time(text, "is a time of day that does not exist"); }
    const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
    const std::int64_t seconds = hour * 3600 + minute * 60 + second - offset_s;
    const Timestamp at{days * k_day + seconds * k_second + fraction};
    if (at.micros < k_first || at.micros > k_last) { return bad_time(text, "lies outside the years 0 to 9999"); }
    return at;
}

}  // namespace runlake::core
