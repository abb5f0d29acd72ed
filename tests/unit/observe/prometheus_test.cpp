// SPDX-License-Identifier: Apache-2.0
#include "observe/prometheus.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace runlake::observe {
namespace {

MetricsPage page() {
    MetricsPage page;
    page.version = "0.1.0";
    page.counts = {{.tenant = "", .stage = "fit", .state = "completed", .runs = 3, .duration_seconds = 1.5, .rows_out = 30, .last_finished = 1736432607.25},
                   {.tenant = "acme", .stage = "fit", .state = "failed", .runs = 1, .duration_seconds = 0.25},
                   {.tenant = "", .stage = "fit", .state = "running", .runs = 2}};
    return page;
}

TEST(Prometheus, CountsEndedAndRunningApart) {
    const std::string text = to_prometheus(page());
    EXPECT_NE(text.find("runlake_runs_total{stage=\"fit\",state=\"completed\",tenant=\"\"} 3\n"), std::string::npos);
    EXPECT_NE(text.find("runlake_runs_total{stage=\"fit\",state=\"failed\",tenant=\"acme\"} 1\n"), std::string::npos);
    EXPECT_NE(text.find("runlake_runs_running{stage=\"fit\",tenant=\"\"} 2\n"), std::string::npos);
    EXPECT_EQ(text.find("state=\"running\""), std::string::npos);
    EXPECT_NE(text.find("runlake_last_finished_timestamp_seconds{stage=\"fit\",state=\"completed\",tenant=\"\"} 1736432607.25\n"), std::string::npos);
    EXPECT_NE(text.find("runlake_lost_records_total 0\n"), std::string::npos);
}

TEST(Prometheus, OrderOfTheCountsDoesNotMatter) {
    MetricsPage turned = page();
    std::reverse(turned.counts.begin(), turned.counts.end());
    EXPECT_EQ(to_prometheus(page()), to_prometheus(turned));
}

TEST(Prometheus, LabelsAreEscaped) {
    MetricsPage odd;
    odd.counts = {{.tenant = "a\nb", .stage = "say \"x\\y\"", .state = "completed", .runs = 1}};
    const std::string text = to_prometheus(odd);
    EXPECT_NE(text.find(R"(stage="say \"x\\y\"",state="completed",tenant="a\nb")"), std::string::npos);
}

}  // namespace
}  // namespace runlake::observe
