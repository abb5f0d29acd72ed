// SPDX-License-Identifier: Apache-2.0
#include "ops/runs_sql.hpp"

namespace runlake::ops {

core::Status runs_sql(const RunsSqlRequest& request) {
    RL_ASSIGN(runs::Session session, runs::Session::open(request.scope.store));
    for (const std::string& note : session.notes()) { request.note(note); }
    RL_ASSIGN(runs::Console console, runs::Console::open(std::move(session), request.scope.tenant));
    return ask(console, request.question);
}

}  // namespace runlake::ops
