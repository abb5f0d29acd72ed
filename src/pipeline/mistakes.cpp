// SPDX-License-Identifier: Apache-2.0
// Orders what is wrong in a text by where it stands.
#include "pipeline/mistakes.hpp"

#include <algorithm>
#include <tuple>

#include "core/text.hpp"

namespace runlake::pipeline {
namespace {

constexpr std::size_t k_most_told = 50;

}  // namespace

void Mistakes::add(core::SourcePosition at, std::string what) { found_.push_back({at, std::move(what)}); }

core::Error Mistakes::error() const {
    std::vector<Mistake> sorted = found_;
    const auto order = [](const Mistake& a) { return std::tie(a.at.line, a.at.column, a.what); };
    std::sort(sorted.begin(), sorted.end(), [&](const Mistake& a, const Mistake& b) { return order(a) < order(b); });
    sorted.erase(std::unique(sorted.begin(), sorted.end(), [&](const Mistake& a, const Mistake& b) { return order(a) == order(b); }), sorted.end());
    std::string text;
    const std::size_t told = std::min(sorted.size(), k_most_told);
    for (std::size_t i = 0; i < told; ++i) {
        const Mistake& mistake = sorted[i];
        core::append_piece(text, core::cat(text.empty() ? "" : "\n", file_, ':', mistake.at.line, ':', mistake.at.column, ": ", mistake.what));
    }
    if (sorted.size() > told) { text += core::cat("\nand ", sorted.size() - told, " more"); }
    return {core::Errc::usage, std::move(text)};
}

}  // namespace runlake::pipeline
