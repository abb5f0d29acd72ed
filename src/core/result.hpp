// SPDX-License-Identifier: Apache-2.0
// Errors as values: Error, Result<T>, Status, and the two macros that pass an error on.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace runlake::core {

// Why something failed. Closed: each code has one exit status (see exit_status) and one C constant.
enum class Errc : std::uint8_t {
    usage,        // the caller's words are wrong: option, argument, configuration
    not_found,    // what was asked for does not exist
    conflict,     // it exists already, is ambiguous, or another state forbids it
    busy,         // another process holds it; try again
    corrupt,      // bytes on disk are not what the format says
    unsupported,  // written by a newer version, or not possible on this system
    io,           // the operating system refused: full, read-only, permission, device
    internal,     // a defect of Runlake
    interrupted,  // a signal or the user ended it
};

// The process exit status of a code: 2, 3, 4, 5, 6, 7, 8, 70, 130 in the order above.
int exit_status(Errc code);

// The name of a code as it stands in --json output: "usage", "not_found", ...
std::string_view errc_name(Errc code);

// A failure: a code to branch on and a message to read. The message says what was attempted, on what, and
// why it failed, lower case, without a full stop.
class [[nodiscard]] Error {
  public:
    Error(Errc code, std::string message) : code_(code), message_(std::move(message)) {}

    Errc code() const { return code_; }
    const std::string& message() const { return message_; }
    // Of the file that is told of, from 1, where it is known.
    std::optional<std::uint64_t> line() const { return line_ == 0 ? std::nullopt : std::optional(line_); }

    // The same error at that line; whoever knows better where a text stands in its file says it again.
    Error at_line(std::uint64_t line) && {
        line_ = line;
        return std::move(*this);
    }

    // The same error with "what: " before its message: add it once a layer, on the way up.
    Error context(std::string_view what) && {
        message_.insert(0, ": ").insert(0, what);
        return std::move(*this);
    }

  private:
    Errc code_;
    std::uint64_t line_ = 0;
    std::string message_;
};

// A value or the Error that stands in its place. Reading the wrong side is a programmer's error and aborts.
template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}       // NOLINT(google-explicit-constructor)
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}   // NOLINT(google-explicit-constructor)

    bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    T& value() & { return *checked<0>(); }
    const T& value() const& { return *checked<0>(); }
    T&& value() && = delete;  // name the result and test it first
    T take() && { return std::move(*checked<0>()); }

    const Error& error() const& { return *checked<1>(); }
    Error take_error() && { return std::move(*checked<1>()); }

    T value_or(T fallback) && { return ok() ? std::move(*checked<0>()) : std::move(fallback); }

  private:
    template <std::size_t I>
    auto* checked() {
        auto* side = std::get_if<I>(&state_);
        if (side == nullptr) { std::abort(); }
        return side;
    }
    template <std::size_t I>
    const auto* checked() const {
        const auto* side = std::get_if<I>(&state_);
        if (side == nullptr) { std::abort(); }
        return side;
    }

    std::variant<T, Error> state_;
};

struct Unit {};
using Status = Result<Unit>;
inline Status ok() { return Unit{}; }

}  // namespace runlake::core

#define RL_CONCAT_(a, b) a##b
#define RL_CONCAT(a, b) RL_CONCAT_(a, b)

// Evaluates a Result; on failure returns its Error from the enclosing function.
#define RL_TRY(expr)                                              \
    do {                                                          \
        auto rl_status_ = (expr);                                 \
        if (!rl_status_.ok()) { return std::move(rl_status_).take_error(); } \
    } while (false)

// RL_ASSIGN(auto file, open(path)): the value of a Result, or return its Error.
#define RL_ASSIGN_(tmp, target, expr)                             \
    auto tmp = (expr);                                            \
    if (!tmp.ok()) { return std::move(tmp).take_error(); }        \
    target = std::move(tmp).take()
#define RL_ASSIGN(target, ...) RL_ASSIGN_(RL_CONCAT(rl_result_, __LINE__), target, (__VA_ARGS__))
