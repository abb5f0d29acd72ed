// SPDX-License-Identifier: Apache-2.0
// Multiplies stages out into instances and finds what each needs: from the declared reads and writes alone.
#include "pipeline/graph.hpp"

#include <algorithm>
#include <set>

#include "core/mistakes.hpp"
#include "core/text.hpp"
#include "fingerprint/glob.hpp"
#include "os/files.hpp"
#include "pipeline/file_parts.hpp"
#include "pipeline/graph_parts.hpp"
#include "pipeline/path_index.hpp"
#include "pipeline/template.hpp"

namespace runlake::pipeline {
namespace {

using core::cat;

// So many edges fit into memory, and no pipeline that a machine can run has more.
constexpr std::size_t k_most_edges = 10'000'000;
// Looking for near words costs time for each mistake.
constexpr std::size_t k_most_hints = 20;

// A declared write, wherever it is: a number in both trees.
struct Write {
    std::size_t instance;
    std::size_t index;   // in the stage's writes
};

class Builder {
  public:
    explicit Builder(const Resolved& resolved) : resolved_(resolved), mistakes_(resolved.file.given) {}

    core::Result<Graph> build() {
        for (std::size_t i = 0; i < resolved_.file.stages.size(); ++i) { add_stage(i); }
        if (mistakes_.any()) { return mistakes_.error(); }
        for (std::size_t i = 0; i < graph_.instances.size(); ++i) { add_writes(i); }
        for (std::size_t i = 0; i < graph_.instances.size(); ++i) {
            find_needs(i);
            if (edges_ > k_most_edges) { return core::Error(core::Errc::usage, cat(resolved_.file.given, ": its stages need each other in more than ", k_most_edges, " ways")); }
        }
        if (mistakes_.any()) { return mistakes_.error(); }
        if (auto cycle = put_in_order(graph_)) { mistakes_.add(cycle->at, std::move(cycle->what)); }
        if (mistakes_.any()) { return mistakes_.error(); }
        return std::move(graph_);
    }

  private:
    const StageDecl& stage_of(std::size_t instance) const { return resolved_.file.stages[graph_.instances[instance].stage]; }
    PathIndex& index_of(Place place) { return place == Place::workspace ? in_workspace_ : in_run_dir_; }

    void add_stage(std::size_t number);
    std::vector<DeclaredPath> resolve_paths(const std::vector<TemplateText>& texts, const NameLookup& lookup, bool writes);
    void add_writes(std::size_t instance);
    void tell_overlap(std::size_t first, std::size_t second);
    void find_needs(std::size_t instance);
    void tell_unwritten(std::size_t instance, const DeclaredPath& read, bool by_itself);

    const Resolved& resolved_;
    core::Mistakes mistakes_;
    Graph graph_;
    PathIndex in_run_dir_;
    PathIndex in_workspace_;
    std::vector<Write> writes_;
    std::set<std::vector<std::size_t>> told_;   // pairs of declarations, so that a matrix is told of once
    std::size_t edges_ = 0;
    std::size_t hints_ = 0;
};

std::optional<std::string> resolved_problem(const DeclaredPath& path, bool writes) {
    if (auto problem = path_problem(path.path, path.place, !writes)) { return problem; }
    if (path.place != Place::run_dir || fingerprint::is_glob(path.path)) { return std::nullopt; }
    const std::string_view plain = path.path;
    const auto fits = rundir::check_layout_path(plain.ends_with('/') ? plain.substr(0, plain.size() - 1) : plain);
    return fits.ok() ? std::nullopt : std::optional(fits.error().message());
}

std::vector<DeclaredPath> Builder::resolve_paths(const std::vector<TemplateText>& texts, const NameLookup& lookup, bool writes) {
    std::vector<DeclaredPath> paths;
    paths.reserve(texts.size());
    for (const TemplateText& text : texts) {
        PlacedText placed = place_of(text.text, resolved_.file.roots);
        DeclaredPath path{placed.place, std::move(placed.root), expand_template(placed.path, lookup), text.at, {}};
        if (const auto problem = resolved_problem(path, writes)) { mistakes_.add(text.at, cat(*problem, ": \"", core::cut_utf8(path.logical(), 200), '"')); }
        paths.push_back(std::move(path));
    }
    return paths;
}

void Builder::add_stage(std::size_t number) {
    const StageDecl& stage = resolved_.file.stages[number];
    for (const auto& point : stage.points) {
        Instance instance;
        instance.which = {stage.name, rundir::instance_name(point)};
        if (point.empty()) { instance.which.instance = "-"; }
        instance.stage = number;
        instance.dimensions = point;
        if (const auto fits = rundir::check_instance(instance.which); !fits.ok()) { return mistakes_.add(stage.at, fits.error().message()); }
        const NameLookup lookup = [&](std::string_view name) -> std::optional<std::string> {
            if (name == "experiment_key") { return resolved_.file.experiment_key; }
            if (name == "stage") { return stage.name; }
            if (name.starts_with("params.")) {
                const core::Json* value = stage.params.find(name.substr(7));
                return value == nullptr ? std::nullopt : scalar_text(*value);
            }
            for (const auto& [dimension, value] : point) {
                if (dimension == name) { return value; }
            }
            return std::nullopt;   // the places and roots: filled in when the command starts
        };
        for (const TemplateText& word : stage.command) { instance.command.push_back(expand_partly(word.text, lookup)); }
        instance.reads = resolve_paths(stage.reads, lookup, false);
        instance.writes = resolve_paths(stage.writes, lookup, true);
        graph_.instances.push_back(std::move(instance));
    }
}

void Builder::add_writes(std::size_t instance) {
    const std::optional<std::string> base = os::relative_inside(resolved_.run_dir_base, resolved_.file.project_root);
    const std::vector<DeclaredPath>& declared = graph_.instances[instance].writes;
    for (std::size_t i = 0; i < declared.size(); ++i) {
        const DeclaredPath& write = declared[i];
        if (write.place == Place::workspace && base && !base->empty() && (covers(*base, write.path) || covers(write.path, *base))) {
            mistakes_.add(write.at, cat("it lies where run directories are made: \"", write.logical(), '"'));
        }
        const std::size_t number = writes_.size();
        writes_.push_back({instance, i});
        if (const auto other = index_of(write.place).add(write.path, number)) { tell_overlap(*other, number); }
    }
}

void Builder::tell_overlap(std::size_t first, std::size_t second) {
    const Write& a = writes_[first];
    const Write& b = writes_[second];
    const Instance& one = graph_.instances[a.instance];
    const Instance& two = graph_.instances[b.instance];
    const DeclaredPath& path = one.writes[a.index];
    const DeclaredPath& other = two.writes[b.index];
    if (!told_.insert({one.stage, a.index, two.stage, b.index}).second) { return; }
    const std::string what = path.path == other.path ? cat("\"", path.logical(), '"') : cat("\"", other.logical(), "\" and \"", path.logical(), '"');
    if (a.instance == b.instance) { return mistakes_.add(other.at, cat("the stage \"", one.which.stage, "\" writes ", what, path.path == other.path ? " twice" : ", one in the other")); }
    std::string text = cat(two.which.str(), " and ", one.which.str(), path.path == other.path ? " both write " : " write one into the other: ", what);
    if (one.stage == two.stage) {
        std::string missing;
        for (const auto& [name, value] : two.dimensions) {
            const auto same = std::find(one.dimensions.begin(), one.dimensions.end(), std::pair(name, value));
            if (same == one.dimensions.end()) { missing += cat(missing.empty() ? "" : ", ", '{', name, '}'); }
        }
        text += cat("; put ", missing, " into the path");
    } else {
        text += cat(" (declared at line ", path.at.line, " too)");
    }
    mistakes_.add(other.at, std::move(text));
}

void Builder::find_needs(std::size_t number) {
    Instance& instance = graph_.instances[number];
    for (DeclaredPath& read : instance.reads) {
        if (read.place == Place::root) { continue; }
        bool by_itself = false;
        for (const std::size_t write : index_of(read.place).find(read.path)) {
            if (writes_[write].instance == number) {
                by_itself = true;
            } else {
                read.writers.push_back(writes_[write].instance);
            }
        }
        std::sort(read.writers.begin(), read.writers.end());
        read.writers.erase(std::unique(read.writers.begin(), read.writers.end()), read.writers.end());
        edges_ += read.writers.size();
        if (edges_ > k_most_edges) { return; }
        instance.needs.insert(instance.needs.end(), read.writers.begin(), read.writers.end());
        // Of what several instances write into the run directory together, one of them may read the others' part; in the project it would find its own of last time too.
        const bool finds_its_own = by_itself && (read.place == Place::workspace || read.writers.empty());
        if (finds_its_own || (read.writers.empty() && read.place == Place::run_dir)) { tell_unwritten(number, read, by_itself); }
    }
    std::sort(instance.needs.begin(), instance.needs.end());
    instance.needs.erase(std::unique(instance.needs.begin(), instance.needs.end()), instance.needs.end());
}

void Builder::tell_unwritten(std::size_t number, const DeclaredPath& read, bool by_itself) {
    const Instance& instance = graph_.instances[number];
    const std::size_t index = static_cast<std::size_t>(&read - instance.reads.data());
    if (by_itself) {
        if (told_.insert({instance.stage, index}).second) { mistakes_.add(read.at, cat("the stage \"", instance.which.stage, "\" reads what it writes itself: \"", read.logical(), '"')); }
        return;
    }
    // One mistake a declaration: other points of the matrix would only say the same again.
    if (!told_.insert({instance.stage, index}).second) { return; }
    std::string text = cat("no stage writes \"", read.logical(), '"');
    if (hints_++ < k_most_hints) {
        // Only what can be near, and not without end: comparing long words takes the square of their length.
        constexpr std::size_t k_most_compared = 5'000;
        constexpr std::size_t k_longest_compared = 300;
        std::vector<std::string> written;
        for (const Write& write : writes_) {
            const DeclaredPath& path = graph_.instances[write.instance].writes[write.index];
            const std::size_t longer = std::max(path.path.size(), read.path.size());
            const std::size_t shorter = std::min(path.path.size(), read.path.size());
            const bool comparable = longer <= k_longest_compared && longer - shorter <= longer / 2 && written.size() < k_most_compared;
            if (path.place == Place::run_dir && write.instance != number && comparable) { written.push_back(path.path); }
        }
        if (!fingerprint::is_glob(read.path) && os::exists(os::join_path(resolved_.file.project_root, read.path))) {
            text += cat("; for the file of the project write \"workspace:", read.path, '"');
        } else {
            text += nearest_hint(read.path, written);
        }
    }
    mistakes_.add(read.at, std::move(text));
}

}  // namespace

std::string DeclaredPath::logical() const {
    switch (place) {
        case Place::run_dir: return path;
        case Place::workspace: return cat("workspace:", path);
        case Place::root: break;
    }
    return cat('{', root, "}/", path);
}

std::optional<std::size_t> Graph::find(std::string_view stage, std::string_view instance) const {
    for (std::size_t i = 0; i < instances.size(); ++i) {
        if (instances[i].which.stage == stage && instances[i].which.instance == instance) { return i; }
    }
    return std::nullopt;
}

core::Result<Graph> build_graph(const Resolved& resolved) { return Builder(resolved).build(); }

std::string fill_places(std::string_view text, const PlaceNames& places) {
    return expand_template(text, [&](std::string_view name) -> std::optional<std::string> {
        for (const auto& [place, value] : places) {
            if (place == name) { return value; }
        }
        return std::nullopt;
    });
}

}  // namespace runlake::pipeline
