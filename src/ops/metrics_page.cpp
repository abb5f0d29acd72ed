// SPDX-License-Identifier: Apache-2.0
#include "ops/metrics_page.hpp"

#include "core/version.hpp"
#include "observe/prometheus.hpp"
#include "record/journal.hpp"
#include "runs/session.hpp"

namespace runlake::ops {

core::Result<std::string> metrics_page(const record::Store& store) {
    observe::MetricsPage page;
    page.version = core::k_version;
    if (const auto loss = record::known_losses(store)) { page.lost_records = loss->count; }
    RL_ASSIGN(runs::Session session, runs::Session::open(store));
    RL_ASSIGN(auto rows, session.connection().query(R"(
        SELECT coalesce(tenant_id, ''), stage, status, count(*)::BIGINT, coalesce(sum(duration_seconds), 0)::DOUBLE,
               coalesce(sum(rows_in), 0)::BIGINT, coalesce(sum(rows_out), 0)::BIGINT,
               coalesce(sum(llm_calls), 0)::BIGINT, coalesce(sum(tokens), 0)::BIGINT,
               max(epoch_us(finished_at))::BIGINT
        FROM runs GROUP BY ALL ORDER BY ALL)"));
    while (true) {
        RL_ASSIGN(const bool more, rows.next());
        if (!more) { break; }
        observe::StageCount count;
        count.tenant = rows.text(0);
        count.stage = rows.text(1);
        count.state = rows.text(2);
        count.runs = rows.integer(3);
        count.duration_seconds = rows.number(4);
        count.rows_in = rows.integer(5);
        count.rows_out = rows.integer(6);
        count.llm_calls = rows.integer(7);
        count.tokens = rows.integer(8);
        if (const auto micros = rows.integer_if(9)) { count.last_finished = static_cast<double>(*micros) / 1e6; }
        page.counts.push_back(std::move(count));
    }
    return observe::to_prometheus(page);
}

}  // namespace runlake::ops
