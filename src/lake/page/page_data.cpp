// SPDX-License-Identifier: Apache-2.0
#include "lake/page/page_data.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <unordered_map>
#include <utility>

#include "core/text.hpp"
#include "lake/file_input.hpp"

namespace runlake::lake {
namespace {

using core::Json;

// What charts of a large table are made of; other columns stay in its file. In the order in which tables get room; those that are not named here come between, with all columns.
struct Wanted {
    std::string_view table;
    std::span<const std::string_view> columns;   // empty: all
};
constexpr auto k_wild = std::to_array<std::string_view>({"run_uid", "theorem", "solved", "iterations", "k_valid", "k_K"});
constexpr auto k_intervention = std::to_array<std::string_view>({"run_uid", "theorem", "intervention", "solved", "is_control", "baseline_solved", "ged_search_norm", "ged_search_soft_norm", "k_K"});
constexpr auto k_tactics = std::to_array<std::string_view>({"run_uid", "goal_type", "tactic_norm", "tactic_family", "success", "failure", "blocked"});
constexpr auto k_scores = std::to_array<std::string_view>({"run_uid", "theorem", "variant", "ref_id", "valid", "K"});
constexpr auto k_nodes = std::to_array<std::string_view>({"run_uid", "theorem", "variant", "graph_kind", "rel_path", "node_id", "goal_type", "goal_sig", "in_proof"});
constexpr auto k_edges = std::to_array<std::string_view>({"run_uid", "theorem", "variant", "graph_kind", "rel_path", "src_node_id", "dst_node_id", "tactic", "tactic_family", "in_proof"});
constexpr auto k_first = std::to_array<Wanted>({
    {"runs", {}}, {"run_aggregates", {}}, {"theorem_wild", k_wild}, {"k_reference_score", k_scores}, {"goal_type_tactic", k_tactics}, {"graph_nodes", k_nodes}, {"graph_edges", k_edges}, {"theorem_intervention", k_intervention},
});
constexpr auto k_last = std::to_array<std::string_view>({"theorem_intervention_comparison", "theorem_variant_metrics", "mcts_trace_stats"});
// A graph's place in its table, as far as the columns are there.
constexpr auto k_graph_key = std::to_array<std::string_view>({"run_uid", "theorem", "variant", "graph_kind", "rel_path"});

int turn_of(std::string_view name) {
    const auto* const first = std::ranges::find(k_first, name, &Wanted::table);
    if (first != k_first.end()) { return static_cast<int>(first - k_first.begin()); }
    const auto* const last = std::ranges::find(k_last, name);
    return 100 + static_cast<int>(last == k_last.end() ? 0 : 1 + (last - k_last.begin()));
}

bool is_wanted(std::string_view table, std::string_view column) {
    const auto* const known = std::ranges::find(k_first, table, &Wanted::table);
    if (known != k_first.end() && !known->columns.empty()) { return std::ranges::find(known->columns, column) != known->columns.end(); }
    return !column.ends_with("_json");
}

// One column as it grows: texts are written once and named by their place.
class Column {
  public:
    explicit Column(std::string name, std::int64_t rows_before) : name_(std::move(name)) {
        for (std::int64_t i = 0; i < rows_before; ++i) { next() += "null"; }
    }
    const std::string& name() const { return name_; }
    std::int64_t rows() const { return rows_; }
    std::size_t bytes() const { return values_.size() + words_.size(); }

    void add(const Json& value) {
        auto& out = next();
        if (value.is_null()) {
            out += "null";
        } else if (kind_ == Kind::other || (kind_ == Kind::unknown && !value.is_string())) {
            kind_ = Kind::other;
            core::append_json(out, value);
        } else {
            kind_ = Kind::text;
            out += std::to_string(place_of(value.is_string() ? *value.as_string() : core::to_json(value)));
        }
    }
    void fill(std::int64_t rows) {
        while (rows_ < rows) { next() += "null"; }
    }
    void write(std::string& out) const {
        out += "{\"name\":";
        core::append_json_string(out, name_);
        if (kind_ == Kind::text) { out += core::cat(",\"words\":[", words_, "]"); }
        out += core::cat(",\"values\":[", values_, "]}");
    }

  private:
    enum class Kind : std::uint8_t { unknown, text, other };
    std::string& next() {
        if (rows_++ > 0) { values_ += ','; }
        return values_;
    }
    std::size_t place_of(const std::string& word) {
        const auto [at, is_new] = places_.try_emplace(word, places_.size());
        if (is_new) {
            if (at->second > 0) { words_ += ','; }
            core::append_json_string(words_, word);
        }
        return at->second;
    }
    std::string name_, values_, words_;
    std::unordered_map<std::string, std::size_t> places_;
    std::int64_t rows_ = 0;
    Kind kind_ = Kind::unknown;
};

class Columns {
  public:
    explicit Columns(std::string_view table) : table_(table) {}
    void add(const core::JsonObject& row) {
        for (const auto& [key, value] : row) {
            if (!is_wanted(table_, key)) { continue; }
            auto column = std::ranges::find(columns_, key, &Column::name);
            if (column == columns_.end()) { column = columns_.insert(columns_.end(), Column(key, rows_)); }
            column->add(value);
        }
        ++rows_;
        for (auto& column : columns_) { column.fill(rows_); }
    }
    std::int64_t rows() const { return rows_; }
    std::size_t bytes() const {
        std::size_t sum = 0;
        for (const auto& column : columns_) { sum += column.bytes(); }
        return sum;
    }
    void write(std::string& out) const {
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            if (i > 0) { out += ','; }
            columns_[i].write(out);
        }
    }

  private:
    std::string_view table_;
    std::vector<Column> columns_;
    std::int64_t rows_ = 0;
};

// Calls for each row until it says stop.
enum class Go : std::uint8_t { on, stop };
template <class Each, class Skip>
core::Status each_row(const PageTable& table, const Each& each, const Skip& skip) {
    if (table.jsonl_path.empty()) { return core::ok(); }
    bool is_over = false;
    FileInput input(table.jsonl_path, false);
    auto status = input.lines([&](const FileInput::Line& line) -> core::Status {
        // A row that is larger than a page should be as a whole is left to its file.
        if (line.too_long || line.text.empty() || skip(line.text)) { return core::ok(); }
        RL_ASSIGN(const auto row, core::parse_json(line.text, core::cat("line ", line.number)));
        if (!row.is_object()) { return core::Error(core::Errc::corrupt, core::cat("line ", line.number, " is no JSON object")); }
        if (each(*row.as_object(), row) == Go::on) { return core::ok(); }
        is_over = true;
        return core::Error(core::Errc::interrupted, "enough");  // ends the reading
    });
    if (is_over || status.ok()) { return core::ok(); }
    return std::move(status).take_error().context(core::cat("reading ", table.jsonl_path, " for the page"));
}

bool skip_none(std::string_view /*line*/) { return false; }

std::string graph_of(const Json& row) {
    std::string key;
    for (const auto name : k_graph_key) {
        const auto* value = row.find(name);
        key += value == nullptr || value->is_null() ? std::string("-") : core::cat('=', core::to_json(*value));
        key += '\n';
    }
    return key;
}

class Writer {
  public:
    explicit Writer(const PageRequest& request) : request_(request) {}

    core::Result<std::string> write() {
        std::vector<const PageTable*> order;
        for (const auto& table : request_.tables) { order.push_back(&table); }
        std::ranges::stable_sort(order, {}, [](const PageTable* table) { return turn_of(table->name); });
        std::string json = "{\"version\":1,\"title\":";
        core::append_json_string(json, title());
        json += ",\"release_id\":";
        core::append_json_string(json, request_.release_id);
        json += core::cat(",\"facts\":", core::to_json(request_.facts.is_null() ? Json::object() : request_.facts), ",\"tables\":[");
        bool is_first = true;
        for (const auto* table : order) {
            if (!is_first) { json += ','; }
            is_first = false;
            RL_TRY(append_table(*table, json));
        }
        json += "]}";
        return json;
    }

  private:
    std::string title() const {
        if (!request_.title.empty()) { return request_.title; }
        return request_.facts.string_at("job").value_or(core::cat("Release ", request_.release_id.substr(0, 12)));
    }
    std::uint64_t room() const { return std::min(request_.limits.table_bytes, request_.limits.total_bytes - std::min(request_.limits.total_bytes, used_)); }

    core::Status append_table(const PageTable& table, std::string& json) {
        Columns columns(table.name);
        std::string why;
        if (table.name.starts_with("mcts_tree_")) {
            why = "its rows are left to its file";
        } else if (table.name == "graph_nodes" || table.name == "graph_edges") {
            RL_TRY(table.name == "graph_nodes" ? take_nodes(table, columns) : take_edges(table, columns));
            why = core::cat("the page holds ", request_.limits.graphs_a_run, " graphs a run, of at most ", request_.limits.nodes_a_graph, " nodes");
        } else {
            RL_TRY(take_rows(table, columns, why));
        }
        used_ += columns.bytes();
        if (columns.rows() >= table.rows) {
            why.clear();
        } else if (why.empty()) {
            why = core::cat("rows of more than ", InputLimits().line_bytes >> 20U, " MiB are left to its file");
        }
        for (const auto& [name, text] : {std::pair<std::string_view, std::string_view>("name", table.name), {"help", table.help}, {"file", table.file}, {"why", why}}) {
            json += core::cat(name == "name" ? "{\"" : ",\"", name, "\":");
            core::append_json_string(json, text);
        }
        json += core::cat(",\"rows\":", std::max(table.rows, columns.rows()), ",\"kept\":", columns.rows(), ",\"columns\":[");
        columns.write(json);
        json += "]}";
        return core::ok();
    }

    core::Status take_rows(const PageTable& table, Columns& columns, std::string& why) const {
        return each_row(table, [&](const core::JsonObject& row, const Json&) {
            if (columns.bytes() >= room()) {
                const bool of_all = room() < request_.limits.table_bytes;
                why = core::cat("the page holds at most ", (of_all ? request_.limits.total_bytes : request_.limits.table_bytes) >> 20U, of_all ? " MiB" : " MiB of a table");
                return Go::stop;
            }
            columns.add(row);
            return Go::on;
        }, skip_none);
    }

    // Rows of one graph follow each other.
    core::Status take_nodes(const PageTable& table, Columns& columns) {
        std::vector<Json> graph;
        std::string key, run;
        std::int64_t count = 0, graphs_of_run = 0;
        const auto settle = [&] {
            if (count > 0 && count <= request_.limits.nodes_a_graph && graphs_of_run < request_.limits.graphs_a_run && columns.bytes() < room()) {
                ++graphs_of_run;
                graphs_.insert(key);
                for (const auto& node : graph) { columns.add(*node.as_object()); }
            }
            graph.clear();
            count = 0;
        };
        // Most rows are of graphs that a run has too many of: they are passed over unparsed. The run stands at the beginning of a line.
        const auto skip = [&](std::string_view line) { return graphs_of_run >= request_.limits.graphs_a_run && !run.empty() && line.substr(0, 160).find(run) != std::string_view::npos; };
        RL_TRY(each_row(table, [&](const core::JsonObject&, const Json& row) {
            auto next = graph_of(row);
            if (next != key) {
                settle();
                if (columns.bytes() >= room()) { return Go::stop; }
                key = std::move(next);
                auto of_run = row.string_at("run_uid").value_or("");
                if (of_run != run) { graphs_of_run = 0; }
                run = std::move(of_run);
                last_run_ = std::max(last_run_, run);
            }
            if (++count <= request_.limits.nodes_a_graph) { graph.push_back(row); }
            return Go::on;
        }, skip));
        settle();
        return core::ok();
    }
    core::Status take_edges(const PageTable& table, Columns& columns) const {
        return each_row(table, [&](const core::JsonObject& fields, const Json& row) {
            // A graph that is whole but for its edges would be a wrong one; so edges have no limit of their own but what graphs can have.
            if (graphs_.contains(graph_of(row))) { columns.add(fields); }
            return row.string_at("run_uid").value_or("") > last_run_ ? Go::stop : Go::on;
        }, skip_none);
    }

    const PageRequest& request_;
    std::uint64_t used_ = 0;
    std::set<std::string> graphs_;   // whose nodes were kept
    std::string last_run_;           // of those whose nodes were looked at
};

}  // namespace

core::Result<std::string> page_data(const PageRequest& request) {
    RL_ASSIGN(const auto json, Writer(request).write());
    std::string out = "// The rows that this page shows without a server. Made by Runlake.\nglobalThis.RUNLAKE_DATA = JSON.parse('";
    out.reserve(out.size() + json.size() + json.size() / 16);
    for (const char c : json) {
        if (c == '\\' || c == '\'') { out += '\\'; }
        out += c;
    }
    return out += "');\n";
}

}  // namespace runlake::lake
