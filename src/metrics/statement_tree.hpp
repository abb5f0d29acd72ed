// SPDX-License-Identifier: Apache-2.0
// The statements of external problems as trees: of TPTP the conjecture, of SMT-LIB the assertions; without the names of bound variables. Definitions: docs/reference/proof-search-metrics.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/result.hpp"
#include "metrics/tree.hpp"

namespace runlake::metrics {

inline constexpr std::size_t k_max_statement_nodes = 4000;
inline constexpr int k_max_statement_depth = 2000;

enum class StatementLanguage : std::uint8_t { tptp, smtlib };

// TPTP: the formulas with the role conjecture; without one those with negated_conjecture; without any all. include() is passed over. Errc::corrupt: it can't be read, or is beyond the limits; the
// message says at which line. Errc::not_found: it states nothing.
core::Result<Tree> statement_tree(std::string_view text, StatementLanguage language, Labels& labels);

}  // namespace runlake::metrics
