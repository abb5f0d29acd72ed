// SPDX-License-Identifier: Apache-2.0
// Any bytes as a statement of TPTP and of SMT-LIB: read or refused, the same each time, within its limits.
#include "metrics/statement_tree.hpp"

#include "tests/fuzz/fuzz.hpp"

RUNLAKE_FUZZ {
    using runlake::metrics::StatementLanguage;
    for (const auto language : {StatementLanguage::tptp, StatementLanguage::smtlib}) {
        runlake::metrics::Labels labels;
        const auto tree = runlake::metrics::statement_tree(text, language, labels);
        const auto again = runlake::metrics::statement_tree(text, language, labels);
        DEMAND(tree.ok() == again.ok());
        if (!tree.ok()) {
            DEMAND(!tree.error().message().empty());
            continue;
        }
        DEMAND(tree.value().size() > 1 && tree.value().size() <= runlake::metrics::k_max_statement_nodes + 1);
        DEMAND(tree.value() == again.value());
    }
}
