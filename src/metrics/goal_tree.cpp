// SPDX-License-Identifier: Apache-2.0
#include "metrics/goal_tree.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

#include "core/json_lists.hpp"
#include "core/text.hpp"

namespace runlake::metrics {
namespace {

using core::cat;
using core::Json;

core::Error bad(std::string message) { return {core::Errc::corrupt, std::move(message)}; }

// A leaf's label is its kind and one member; other kinds have members that name nodes.
struct Kind {
    std::string_view name;
    std::string_view label;
    std::string_view value;  // "" for none
    std::array<std::string_view, 3> children;
};
constexpr auto k_kinds = std::to_array<Kind>({
    {"const", "const", "name", {}},
    {"bvar", "bvar", "deBruijnIdx", {}},
    {"fvar", "fvar", "", {}},
    {"mvar", "mvar", "", {}},
    {"sort", "sort", "levelVal", {}},
    {"lit", "lit", "litVal", {}},
    {"app", "app", "", {"fn", "arg", ""}},
    {"lam", "lam", "", {"binderType", "body", ""}},
    {"forallE", "forall", "", {"binderType", "body", ""}},
    {"letE", "let", "", {"binderType", "value", "body"}},
    {"proj", "proj", "structName", {"projExpr", "", ""}},
});

std::string text_of(const Json& value) {
    const auto* text = value.as_string();
    return text != nullptr ? *text : core::to_json(value);
}

// Nodes of a tree under construction, with the text of each subtree: it decides the order of arguments.
struct Building {
    Labels& labels;
    std::vector<TreeNode> nodes;
    std::size_t add(std::string_view label, std::vector<std::size_t> children) {
        nodes.push_back({.label = labels.id(label), .children = std::move(children)});
        return nodes.size() - 1;
    }
};
struct Built {
    std::size_t node = 0;
    std::string text;
    // For `const` and half-applied connectives: what an application above must know to put two arguments in order.
    bool is_connective = false;
    bool is_half = false;
    std::string half_text;
};

class Unfolding {
  public:
    Unfolding(const Json& expression, Building& building) : building_(building) {
        const auto* list = core::find_list(expression, "nodes");
        const auto* root = expression.find("rootId");
        if (list == nullptr || root == nullptr) {
            problem_ = "an expression without rootId or nodes";
            return;
        }
        for (const auto& pair : *list) {
            const auto* both = pair.as_array();
            if (both == nullptr || both->size() != 2 || !(*both)[1].is_object()) {
                problem_ = "a node of an expression is not [id, object]";
                return;
            }
            nodes_.insert_or_assign(text_of((*both)[0]), &(*both)[1]);
        }
        root_ = text_of(*root);
    }

    core::Result<Built> run() {
        if (!problem_.empty()) { return bad(problem_); }
        return unfold(root_);
    }

  private:
    // As deep as the limit of nodes at most.
    core::Result<Built> unfold(const std::string& id) {  // NOLINT(misc-no-recursion)
        const auto found = nodes_.find(id);
        if (found == nodes_.end()) { return bad(cat("an expression lacks its node ", id)); }
        if (++size_ > k_max_goal_nodes) { return bad(cat("an expression of more than ", k_max_goal_nodes, " nodes")); }
        if (!open_.insert(id).second) { return bad(cat("an expression goes round in a circle at node ", id)); }
        auto built = unfold_node(id, *found->second);
        open_.erase(id);
        return built;
    }

    core::Result<Built> unfold_node(const std::string& id, const Json& node) {  // NOLINT(misc-no-recursion)
        const std::string name = node.string_at("kind").value_or("");
        const auto* kind = std::ranges::find(k_kinds, std::string_view(name), &Kind::name);
        if (kind == k_kinds.end()) { return bad(cat("node ", id, " of an expression has the unknown kind \"", name, '"')); }
        std::string label(kind->label);
        if (!kind->value.empty()) {
            const auto* value = node.find(kind->value);
            if (value == nullptr) { return bad(cat("node ", id, " of an expression has no ", kind->value)); }
            label += cat(':', text_of(*value));
        }
        if (name == "proj") {
            const auto* index = node.find("projIdx");
            if (index == nullptr) { return bad(cat("node ", id, " of an expression has no projIdx")); }
            label += cat(':', text_of(*index));
        }
        std::vector<Built> children;
        for (const std::string_view member : kind->children) {
            if (member.empty()) { continue; }
            const auto* child = node.find(member);
            if (child == nullptr || child->is_null()) { return bad(cat("node ", id, " of an expression has no ", member)); }
            RL_ASSIGN(auto below, unfold(text_of(*child)));
            children.push_back(std::move(below));
        }
        return join(name, std::move(label), std::move(children));
    }

    Built join(std::string_view name, std::string label, std::vector<Built> children) {
        Built out;
        if (name == "const") { out.is_connective = label == "const:And" || label == "const:Or" || label == "const:Iff"; }
        if (name == "app") {
            auto& function = children[0];
            auto& argument = children[1];
            if (function.is_half && argument.text < function.half_text) {
                // And b a as And a b: the two arguments change places.
                auto& half = building_.nodes[function.node];
                std::swap(half.children[1], argument.node);
                const std::string head = function.text.substr(0, function.text.size() - function.half_text.size() - 1);
                std::swap(function.half_text, argument.text);
                function.text = cat(head, function.half_text, ')');
            }
            if (function.is_connective) {
                out.is_half = true;
                out.half_text = argument.text;
            }
        }
        std::vector<std::size_t> nodes;
        out.text = label;
        for (std::size_t i = 0; i < children.size(); ++i) {
            nodes.push_back(children[i].node);
            out.text += cat(i == 0 ? "(" : ",", children[i].text);
        }
        if (!children.empty()) { out.text += ')'; }
        out.node = building_.add(label, std::move(nodes));
        return out;
    }

    Building& building_;
    std::map<std::string, const Json*, std::less<>> nodes_;
    std::string root_;
    std::string problem_;
    std::set<std::string> open_;
    std::size_t size_ = 0;
};

core::Result<Built> unfolded(const Json* expression, Building& building) {
    if (expression == nullptr || !expression->is_object()) { return core::Error(core::Errc::not_found, "the goal cache has no expression for the goal"); }
    return Unfolding(*expression, building).run();
}

}  // namespace

core::Result<Tree> goal_tree(const Json& entry, Labels& labels) {
    Building building{.labels = labels, .nodes = {}};
    RL_ASSIGN(const Built type, unfolded(entry.find("type_expr"), building));
    std::vector<Built> hypotheses;
    for (const auto& item : core::list_at(entry, "hyp_exprs")) {
        RL_ASSIGN(auto hypothesis, unfolded(&item, building));
        hypotheses.push_back(std::move(hypothesis));
        if (building.nodes.size() > k_max_whole_goal_nodes) { return bad(cat("a goal of more than ", k_max_whole_goal_nodes, " nodes")); }
    }
    std::ranges::stable_sort(hypotheses, {}, &Built::text);
    std::vector<std::size_t> below;
    for (const auto& hypothesis : hypotheses) { below.push_back(hypothesis.node); }
    const std::size_t hyps = building.add("hyps", std::move(below));
    const std::size_t root = building.add("goal", {type.node, hyps});
    return Tree(building.nodes, root);
}

const GoalDistances::Made& GoalDistances::made(const std::string& sig) {
    const auto found = trees_.find(sig);
    if (found != trees_.end()) { return found->second; }
    Made made;
    const auto* entry = entries_.find(sig);
    if (entry == nullptr) {
        made.problem = "not in the goal cache";
    } else {
        auto tree = goal_tree(*entry, labels_);
        if (tree.ok()) {
            made.tree = std::make_unique<const Tree>(std::move(tree).take());
        } else {
            made.problem = tree.error().message();
        }
    }
    return trees_.emplace(sig, std::move(made)).first->second;
}

std::optional<std::string> GoalDistances::problem(const std::string& sig) {
    const std::lock_guard guard(lock_);
    const Made& of_sig = made(sig);
    return of_sig.tree ? std::nullopt : std::optional(of_sig.problem);
}

double GoalDistances::operator()(const std::string& a, const std::string& b) {
    if (a == b) { return 0; }
    auto key = a < b ? std::pair(a, b) : std::pair(b, a);
    const Tree* first = nullptr;
    const Tree* second = nullptr;
    {
        const std::lock_guard guard(lock_);
        const auto found = known_.find(key);
        if (found != known_.end()) { return found->second; }
        first = made(key.first).tree.get();
        second = made(key.second).tree.get();
    }
    const double distance = first == nullptr || second == nullptr ? 1.0 : normalized_tree_edit_distance(*first, *second);
    const std::lock_guard guard(lock_);
    known_.emplace(std::move(key), distance);
    return distance;
}

}  // namespace runlake::metrics
