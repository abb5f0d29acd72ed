// SPDX-License-Identifier: Apache-2.0
// Extractor "similarity": how near the theorems of a run are to each other, by their root goals or their statements, as postprocess computed it.
#include <algorithm>
#include <array>
#include <utility>

#include "core/json_lists.hpp"
#include "core/text.hpp"
#include "lake/extractors/cells.hpp"
#include "lake/extractors/extractor.hpp"

namespace runlake::lake {
namespace {

using core::Json;

constexpr std::string_view k_root_goals = "root_goal_similarity.json";
constexpr std::string_view k_statements = "external_statement_similarity.json";
constexpr std::int64_t k_usual_neighbours = 12;

constexpr Column k_kind = {"kind", ColumnType::text, "root_goal_similarity, external_statement_similarity", true};
constexpr auto k_run_columns = std::to_array<Column>({
    k_run_key_column,
    k_kind,
    {"valid", ColumnType::boolean, ""},
    {"validity_notes", ColumnType::json, "why nothing was compared"},
    {"mode", ColumnType::text, "full, knn, sample; null where nothing was compared"},
    {"theorem_count", ColumnType::integer, ""},
    {"compared_count", ColumnType::integer, ""},
    {"excluded", ColumnType::json, "theorems without a tree, with the reason"},
    {"params", ColumnType::json, ""},
    k_rel_path_column,
});
constexpr auto k_neighbour_columns = std::to_array<Column>({
    k_run_key_column,
    k_kind,
    {"theorem", ColumnType::text, "", true},
    {"rank", ColumnType::integer, "from 1; equally near ones in the order of their names", true},
    {"neighbour", ColumnType::text, ""},
    {"distance", ColumnType::real, "normalised tree edit distance"},
    k_rel_path_column,
});
constexpr auto k_cluster_columns = std::to_array<Column>({
    k_run_key_column,
    k_kind,
    {"cut", ColumnType::real, "mean distance up to which clusters are joined", true},
    {"theorem", ColumnType::text, "", true},
    {"cluster_idx", ColumnType::integer, "from 0, at this cut"},
    {"members", ColumnType::integer, "of its cluster"},
    {"is_representative", ColumnType::boolean, ""},
    k_rel_path_column,
});
constexpr Table k_runs = {"run_similarity", "Whether and how the theorems of a run were compared with each other.", k_run_columns};
constexpr Table k_neighbours = {"theorem_neighbours", "The theorems that are nearest to each, at most params.knn_k (12) of them; the whole matrix stays in its file.", k_neighbour_columns};
constexpr Table k_clusters = {"theorem_clusters", "Clusters of theorems by average linkage, at several cuts.", k_cluster_columns};
constexpr std::array<const Table*, 3> k_tables = {&k_runs, &k_neighbours, &k_clusters};

core::Error bad(std::string why) { return {core::Errc::corrupt, std::move(why)}; }

class Rows {
  public:
    Rows(const SourceFile& file, const Json& document, FileRows& rows) : file_(file), document_(document), rows_(rows), kind_(file.plain_name.substr(0, file.plain_name.rfind('.'))) {}

    core::Status add() {
        rows_.row(k_runs, file_.run_key, kind_, bool_cell(document_.find("valid")), json_cell(document_.find("validity_notes")), text_cell(document_.find("mode")),
                  integer_cell(document_.find("theorem_count")), integer_cell(document_.find("compared_count")), json_cell(document_.find("excluded")),
                  json_cell(document_.find("params")), file_.rel_path);
        RL_TRY(add_matrix());
        RL_TRY(add_neighbours());
        return add_clusters();
    }

  private:
    // The nearest of each, as the file has them where it has no matrix.
    core::Status add_matrix() {
        const auto* matrix = core::find_list(document_, "matrix");
        if (matrix == nullptr) { return core::ok(); }
        std::vector<std::string> names;
        for (const auto& name : core::list_at(document_, "theorems")) { names.push_back(text_cell(&name).value_or("")); }
        if (matrix->size() != names.size()) { return bad("its matrix has not one row for each of its theorems"); }
        const auto* params = document_.find("params");
        const auto most = static_cast<std::size_t>(std::clamp(integer_cell(member(params, "knn_k")).value_or(k_usual_neighbours), std::int64_t{0}, std::int64_t{1000}));
        for (std::size_t i = 0; i < names.size(); ++i) {
            const auto* line = (*matrix)[i].as_array();
            if (line == nullptr || line->size() != names.size()) { return bad("its matrix is not square"); }
            std::vector<std::pair<double, std::size_t>> others;
            for (std::size_t j = 0; j < names.size(); ++j) {
                const auto distance = real_cell(&(*line)[j]);
                if (!distance) { return bad("its matrix has what is no number"); }
                if (j != i) { others.emplace_back(*distance, j); }
            }
            const std::size_t count = std::min(most, others.size());
            std::partial_sort(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(count), others.end());
            for (std::size_t rank = 0; rank < count; ++rank) { neighbour(names[i], rank, names[others[rank].second], others[rank].first); }
        }
        return core::ok();
    }
    core::Status add_neighbours() {
        const auto* neighbours = core::find_list(document_, "neighbours");
        if (neighbours == nullptr) { return core::ok(); }
        for (const auto& one : *neighbours) {
            const auto theorem = one.string_at("theorem");
            const auto* nearest = core::find_list(one, "nearest");
            if (!theorem || nearest == nullptr) { return bad("an entry of \"neighbours\" has no theorem or no list of the nearest"); }
            for (std::size_t rank = 0; rank < nearest->size(); ++rank) {
                const auto name = (*nearest)[rank].string_at("theorem");
                const auto distance = real_cell((*nearest)[rank].find("distance"));
                if (!name || !distance) { return bad("a neighbour has no name or no distance"); }
                neighbour(*theorem, rank, *name, *distance);
            }
        }
        return core::ok();
    }
    void neighbour(const std::string& theorem, std::size_t rank, const std::string& other, double distance) {
        rows_.row(k_neighbours, file_.run_key, kind_, theorem, static_cast<std::int64_t>(rank) + 1, other, distance, file_.rel_path);
    }
    core::Status add_clusters() {
        const auto* cuts = core::find_list(document_, "clusters");
        if (cuts == nullptr) { return core::ok(); }
        for (const auto& at : *cuts) {
            const auto cut = real_cell(at.find("cut"));
            const auto* clusters = core::find_list(at, "clusters");
            if (!cut || clusters == nullptr) { return bad("an entry of \"clusters\" has no cut or no list of clusters"); }
            for (std::size_t index = 0; index < clusters->size(); ++index) {
                const Json& cluster = (*clusters)[index];
                const auto* members = core::find_list(cluster, "members");
                if (members == nullptr) { return bad("a cluster has no members"); }
                const auto representative = cluster.string_at("representative");
                for (const auto& one : *members) {
                    const auto name = text_cell(&one);
                    if (!name) { return bad("a member of a cluster is no name"); }
                    rows_.row(k_clusters, file_.run_key, kind_, *cut, *name, static_cast<std::int64_t>(index), static_cast<std::int64_t>(members->size()), representative == name, file_.rel_path);
                }
            }
        }
        return core::ok();
    }

    const SourceFile& file_;
    const Json& document_;
    FileRows& rows_;
    std::string kind_;
};

core::Status extract(const SourceFile& file, FileInput& input, Extraction& out) {
    RL_ASSIGN(const auto document, read_object(input));
    // Another program's file of this name has fields that nobody published: it gives no rows.
    if (!document.string_at("kind")) { return core::ok(); }
    return Rows(file, document, out.rows).add();
}

}  // namespace

extern const Extractor k_similarity_extractor = {.name = "similarity", .stage = "read_similarity", .done_word = "", .error_word = "",
                                                 .tables = k_tables, .reading = Reading::each,
                                                 .takes = [](const SourceFile& file) { return file.is_run_file() && (file.plain_name == k_root_goals || file.plain_name == k_statements); },
                                                 .extract = extract};

}  // namespace runlake::lake
