// SPDX-License-Identifier: Apache-2.0
// Orders what is wrong in a text by where it stands.
#include "core/mistakes.hpp"

#include <algorithm>
#include <tuple>

#include "core/text.hpp"

namespace runlake::core {
namespace {

constexpr std::size_t k_most_told = 50;

}  // namespace

void Mistakes::add(SourcePosition at, std::string what) { found_.push_back({at, std::move(what)}); }

Error Mistakes::error() const {
    std::vector<Mistake> sorted = found_;
    const auto order = [](const Mistake& a) { return std::tie(a.at.line, a.at.column, a.what); };
    std::sort(sorted.begin(), sorted.end(), [&](const Mistake& a, const Mistake& b) { return order(a) < order(b); });
    sorted.erase(std::unique(sorted.begin(), sorted.end(), [&](const Mistake& a, const Mistake& b) { return order(a) == order(b); }), sorted.end());
    std::string text;
    const std::size_t told = std::min(sorted.size(), k_most_told);
    for (std::size_t i = 0; i < told; ++i) {
        const Mistake& mistake = sorted[i];
        append_piece(text, cat(text.empty() ? "" : "\n", file_, ':', mistake.at.line, ':', mistake.at.column, ": ", mistake.what));
    }
    if (sorted.size() > told) { text += cat("\nand ", sorted.size() - told, " more"); }
    return {Errc::usage, std::move(text)};
}

Error yaml_mistake(const Error& error, const std::string& file) {
    const std::string_view message = error.message();
    const std::string start = cat("reading ", file, ": line ");
    if (!message.starts_with(start)) { return {Errc::usage, cat(file, ": ", message)}; }
    const std::string_view rest = message.substr(start.size());
    constexpr std::string_view k_column = ", column ";
    const std::size_t column = rest.find(k_column);
    if (column == std::string_view::npos) { return {Errc::usage, cat(file, ":", rest)}; }
    return {Errc::usage, cat(file, ':', rest.substr(0, column), ':', rest.substr(column + k_column.size()))};
}

}  // namespace runlake::core
