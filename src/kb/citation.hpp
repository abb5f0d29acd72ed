// SPDX-License-Identifier: Apache-2.0
// Citations of runs, and numbers quoted from them: out of front matter, Markdown, LaTeX and notebooks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.hpp"
#include "core/result.hpp"
#include "kb/front_matter.hpp"
#include "kb/issue.hpp"
#include "kb/number.hpp"

namespace runlake::kb {

enum class CitedKind : std::uint8_t { job, batch, run, any };   // any: an id or the beginning of one, of a job or a run (inline citations)

// "val_loss", "val_loss@min", "val_loss@step=120". A metric whose own name ends so is tried first as it is.
struct MetricName {
    enum class Pick : std::uint8_t { last, min, max, step };
    std::string whole;
    std::string base;
    Pick pick = Pick::last;
    std::int64_t step = 0;
};
core::Result<MetricName> parse_metric_name(std::string_view text);   // Errc::usage: empty, with spaces, a step that is no integer

struct QuotedValue {
    MetricName metric;
    std::string text;          // as it was written
    QuotedNumber number;
    int line = 0;
};

struct Citation {
    CitedKind kind = CitedKind::any;
    std::string id{};                              // of job, run and any; lower case
    std::string experiment_id{};                   // of a batch
    core::Json selector = core::Json::object();    // of a batch
    std::vector<QuotedValue> values{};
    std::string path{};
    int line = 0;
};

struct Citations {
    std::vector<Citation> found;
    Issues faults;                                 // finding.broken_run_citation and finding.malformed_value: shape alone
};

// Whether a text is an id of a job or run, or the beginning of one.
bool is_cited_id(std::string_view text);

// `supporting_runs` of a note. Absent and null hold none.
void read_supporting_runs(const WrittenFront& front, const std::string& path, Citations& out);
// <!-- runlake ID [METRIC] -->, right behind the number. Code is passed over.
void read_markdown(std::string_view text, const std::string& path, int first_line, Citations& out);
// \runvalue{ID}{METRIC}{NUMBER} and \runcite{ID} (share/latex/runlake.sty). Comments are passed over.
void read_latex(std::string_view text, const std::string& path, Citations& out);
// Cells tagged runlake:ID:METRIC (the one number of their output, or of a Markdown cell's text), and the Markdown of cells. Errc::corrupt: no notebook.
core::Status read_notebook(std::string_view text, const std::string& path, Citations& out);

}  // namespace runlake::kb
