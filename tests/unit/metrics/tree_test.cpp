// SPDX-License-Identifier: Apache-2.0
// Tree edit distance: published and hand-checked vectors, the recursive definition as an oracle, the axioms of a metric; goals as trees.
#include "metrics/tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "metrics/goal_tree.hpp"
#include "metrics/sequence.hpp"
#include "metrics/tree_strategy.hpp"

namespace runlake::metrics {
namespace {

using core::Json;

struct Plain {
    std::vector<TreeNode> nodes;
    std::size_t root = 0;
    Tree tree() const { return {nodes, root}; }
};

// "f(d(a,c(b)),e)"
class Reader {
  public:
    Reader(std::string_view text, Labels& labels) : text_(text), labels_(labels) {}
    Plain read() {
        out_.root = node();
        return out_;
    }

  private:
    std::size_t node() {
        const std::size_t at = out_.nodes.size();
        out_.nodes.push_back({.label = labels_.id(text_.substr(0, 1)), .children = {}});
        text_.remove_prefix(1);
        if (!text_.empty() && text_.front() == '(') {
            while (text_.front() != ')') {
                text_.remove_prefix(1);
                const std::size_t child = node();
                out_.nodes[at].children.push_back(child);
            }
            text_.remove_prefix(1);
        }
        return at;
    }
    std::string_view text_;
    Labels& labels_;
    Plain out_;
};

// The definition, forest by forest, from the right: slow, and nothing shared with the code.
class Oracle {
  public:
    using Forest = std::vector<std::size_t>;
    Oracle(const Plain& a, const Plain& b) : a_(a), b_(b) {}
    std::size_t distance() { return of({a_.root}, {b_.root}); }

  private:
    std::size_t of(const Forest& a, const Forest& b) {
        if (a.empty() && b.empty()) { return 0; }
        const auto key = std::pair(a, b);
        if (const auto found = known_.find(key); found != known_.end()) { return found->second; }
        std::size_t best = SIZE_MAX;
        if (!a.empty()) { best = std::min(best, of(less(a, a_), b) + 1); }
        if (!b.empty()) { best = std::min(best, of(a, less(b, b_)) + 1); }
        if (!a.empty() && !b.empty()) {
            const auto& x = a_.nodes[a.back()];
            const auto& y = b_.nodes[b.back()];
            best = std::min(best, of(x.children, y.children) + of({a.begin(), a.end() - 1}, {b.begin(), b.end() - 1}) + (x.label == y.label ? 0U : 1U));
        }
        known_[key] = best;
        return best;
    }
    static Forest less(Forest forest, const Plain& plain) {
        const auto& children = plain.nodes[forest.back()].children;
        forest.pop_back();
        forest.insert(forest.end(), children.begin(), children.end());
        return forest;
    }
    const Plain& a_;
    const Plain& b_;
    std::map<std::pair<Forest, Forest>, std::size_t> known_;
};

Plain random_tree(std::mt19937& random, std::size_t size, std::uint32_t labels) {
    Plain out;
    for (std::size_t i = 0; i < size; ++i) {
        out.nodes.push_back({.label = static_cast<std::uint32_t>(random() % labels), .children = {}});
        if (i > 0) {
            auto& children = out.nodes[random() % i].children;
            children.insert(children.begin() + static_cast<std::ptrdiff_t>(random() % (children.size() + 1)), i);
        }
    }
    return out;
}

std::size_t between(std::string_view a, std::string_view b) {
    Labels labels;
    const auto first = Reader(a, labels).read();
    const auto second = Reader(b, labels).read();
    return tree_edit_distance(first.tree(), second.tree());
}

TEST(TreeEditDistance, PublishedExample) { EXPECT_EQ(between("f(d(a,c(b)),e)", "f(c(d(a,b)),e)"), 2U); }  // Zhang and Shasha 1989, figure 4

TEST(TreeEditDistance, HandChecked) {
    EXPECT_EQ(between("a", "a"), 0U);
    EXPECT_EQ(between("a", "b"), 1U);
    EXPECT_EQ(between("a(b,c)", "a(c,b)"), 2U);
    EXPECT_EQ(between("a(b(c(d)))", "a"), 3U);
    EXPECT_EQ(between("a(b,c,d)", "a(b,d)"), 1U);
    EXPECT_EQ(between("a(b(c,d))", "a(c,d)"), 1U);
}

TEST(TreeEditDistance, AgreesWithTheDefinition) {
    std::mt19937 random(7);
    for (int round = 0; round < 400; ++round) {
        const Plain a = random_tree(random, 1 + random() % 8, 1 + random() % 3);
        const Plain b = random_tree(random, 1 + random() % 8, 1 + random() % 3);
        ASSERT_EQ(tree_edit_distance(a.tree(), b.tree()), Oracle(a, b).distance()) << round;
    }
}

TEST(TreeEditDistance, IsAMetric) {
    std::mt19937 random(8);
    for (int round = 0; round < 200; ++round) {
        const Tree a = random_tree(random, 1 + random() % 25, 3).tree();
        const Tree b = random_tree(random, 1 + random() % 25, 3).tree();
        const Tree c = random_tree(random, 1 + random() % 25, 3).tree();
        ASSERT_EQ(tree_edit_distance(a, a), 0U);
        const std::size_t ab = tree_edit_distance(a, b);
        ASSERT_EQ(ab, tree_edit_distance(b, a));
        ASSERT_LE(ab, tree_edit_distance(a, c) + tree_edit_distance(c, b));
        ASSERT_GE(ab, std::max(a.size(), b.size()) - std::min(a.size(), b.size()));
        ASSERT_EQ(ab == 0, a == b);
        ASSERT_LE(normalized_tree_edit_distance(a, b), 1.0);
    }
}

TEST(TreeEditDistance, TakesTheCheaperSide) {
    // A comb to the left is cheap from the left, its mirror image from the right.
    Plain comb;
    for (std::size_t i = 0; i < 40; ++i) { comb.nodes.push_back({.label = 0, .children = {}}); }
    for (std::size_t i = 0; i + 2 < 40; i += 2) { comb.nodes[i].children = {i + 2, i + 1}; }
    Plain mirrored = comb;
    for (auto& node : mirrored.nodes) { std::ranges::reverse(node.children); }
    EXPECT_LT(comb.tree().left().weights.back(), comb.tree().right().weights.back());
    EXPECT_EQ(comb.tree().left().weights.back(), mirrored.tree().right().weights.back());
    EXPECT_EQ(tree_edit_distance(comb.tree(), mirrored.tree()), tree_edit_distance(mirrored.tree(), comb.tree()));
}

// The definition of a strategy's cost, pair by pair, with nothing of the code but the trees: what the chosen path costs against all forests that it needs of the other tree, and the cheapest of
// everything that hangs off it.
class CheapestStrategy {
  public:
    CheapestStrategy(const Plain& a, const Plain& b) : a_(a), b_(b) {}
    std::uint64_t cost() { return of(a_.root, b_.root); }

  private:
    enum class Way : std::uint8_t { left, right, heavy };
    static std::uint64_t size(const Plain& tree, std::size_t node) {
        std::uint64_t out = 1;
        for (const std::size_t child : tree.nodes[node].children) { out += size(tree, child); }
        return out;
    }
    static std::size_t next(const Plain& tree, std::size_t node, Way way) {
        const auto& children = tree.nodes[node].children;
        if (way == Way::left) { return children.front(); }
        if (way == Way::right) { return children.back(); }
        return *std::ranges::max_element(children, {}, [&](std::size_t child) { return size(tree, child); });
    }
    static std::vector<std::size_t> hanging(const Plain& tree, std::size_t node, Way way) {
        std::vector<std::size_t> out;
        while (!tree.nodes[node].children.empty()) {
            const std::size_t on = next(tree, node, way);
            for (const std::size_t child : tree.nodes[node].children) {
                if (child != on) { out.push_back(child); }
            }
            node = on;
        }
        return out;
    }
    static std::uint64_t forests(const Plain& tree, std::size_t node, Way way) {
        if (way != Way::heavy) {
            std::uint64_t out = size(tree, node);
            for (const std::size_t below : hanging(tree, node, way)) { out += forests(tree, below, way); }
            return out;
        }
        std::set<std::vector<std::size_t>> seen;
        collect(tree, {node}, seen);
        return seen.size() - 1;  // less the empty one
    }
    // Removing the leftmost or the rightmost root again and again.
    static void collect(const Plain& tree, const std::vector<std::size_t>& forest, std::set<std::vector<std::size_t>>& seen) {
        if (!seen.insert(forest).second || forest.empty()) { return; }
        const auto& first = tree.nodes[forest.front()].children;
        std::vector<std::size_t> left(first);
        left.insert(left.end(), forest.begin() + 1, forest.end());
        collect(tree, left, seen);
        const auto& last = tree.nodes[forest.back()].children;
        std::vector<std::size_t> right(forest.begin(), forest.end() - 1);
        right.insert(right.end(), last.begin(), last.end());
        collect(tree, right, seen);
    }
    std::uint64_t of(std::size_t v, std::size_t w) {
        if (const auto found = known_.find({v, w}); found != known_.end()) { return found->second; }
        std::uint64_t best = UINT64_MAX;
        for (const Way way : {Way::left, Way::right, Way::heavy}) {
            std::uint64_t of_first = size(a_, v) * forests(b_, w, way);
            for (const std::size_t below : hanging(a_, v, way)) { of_first += of(below, w); }
            std::uint64_t of_second = size(b_, w) * forests(a_, v, way);
            for (const std::size_t below : hanging(b_, w, way)) { of_second += of(v, below); }
            best = std::min({best, of_first, of_second});
        }
        known_[{v, w}] = best;
        return best;
    }
    const Plain& a_;
    const Plain& b_;
    std::map<std::pair<std::size_t, std::size_t>, std::uint64_t> known_;
};

TEST(TreeStrategy, IsTheCheapestOfAll) {
    std::mt19937 random(9);
    for (int round = 0; round < 60; ++round) {
        const Plain a = random_tree(random, 1 + random() % 9, 2);
        const Plain b = random_tree(random, 1 + random() % 9, 2);
        ASSERT_EQ(best_strategy(a.tree(), b.tree()).cost, CheapestStrategy(a, b).cost()) << round;
    }
}

TEST(TreeStrategy, DecidesWhatIsComputedAndNeverWhatComesOut) {
    std::mt19937 random(10);
    for (int round = 0; round < 150; ++round) {
        const Plain first = random_tree(random, 1 + random() % 9, 1 + static_cast<std::uint32_t>(random() % 3));
        const Plain second = random_tree(random, 1 + random() % 9, 1 + static_cast<std::uint32_t>(random() % 3));
        const Tree a = first.tree();
        const Tree b = second.tree();
        const std::size_t wanted = Oracle(first, second).distance();
        const TreeStrategy best = best_strategy(a, b);
        const CountedDistance by_best = tree_edit_distance_by(a, b, best.paths);
        ASSERT_EQ(by_best.distance, wanted) << round;
        ASSERT_EQ(by_best.sub_problems, best.cost) << round;
        for (std::uint32_t other = 0; other < 8; ++other) {
            std::vector<TreePath> paths(a.size() * b.size());
            for (auto& path : paths) { path = static_cast<TreePath>(other < 6 ? other : random() % 6); }
            const CountedDistance by_other = tree_edit_distance_by(a, b, paths);
            ASSERT_EQ(by_other.distance, wanted) << round << ' ' << other;
            ASSERT_GE(by_other.sub_problems, best.cost) << round << ' ' << other;
        }
    }
}

TEST(TreeStrategy, SparesMuchWhereNoSideIsCheap) {
    // Deep trees that branch to both sides by turns: either side takes them apart dearly, the heavy path does not.
    const auto zigzag = [](std::uint32_t seed) {
        Plain out;
        constexpr std::size_t k_size = 121;
        for (std::size_t i = 0; i < k_size; ++i) { out.nodes.push_back({.label = static_cast<std::uint32_t>((i * 7 + seed) % 3), .children = {}}); }
        for (std::size_t i = 0; i + 2 < k_size; i += 2) { out.nodes[i].children = i % 4 == 0 ? std::vector<std::size_t>{i + 1, i + 2} : std::vector<std::size_t>{i + 2, i + 1}; }
        return out.tree();
    };
    const Tree a = zigzag(0);
    const Tree b = zigzag(1);
    const TreeStrategy best = best_strategy(a, b);
    const std::uint64_t one_sided = std::min(a.left().weights.back() * b.left().weights.back(), a.right().weights.back() * b.right().weights.back());
    EXPECT_LT(best.cost * 5, one_sided);
    const std::vector<TreePath> left(a.size() * b.size(), TreePath::left_of_first);
    EXPECT_EQ(tree_edit_distance_by(a, b, left).distance, tree_edit_distance_by(a, b, best.paths).distance);
    EXPECT_EQ(tree_edit_distance(a, b), tree_edit_distance_by(a, b, left).distance);
    EXPECT_EQ(tree_edit_distance(a, b), tree_edit_distance(b, a));
}

TEST(SequenceEditDistance, IsLevenshteinWithUnitCosts) {
    const std::string a = "kitten";
    const std::string b = "sitting";
    const auto cost = [&](std::size_t i, std::size_t j) { return a[i] == b[j] ? 0.0 : 1.0; };
    EXPECT_EQ(sequence_edit_distance(a.size(), b.size(), cost), 3.0);
    EXPECT_EQ(normalized_sequence_edit_distance(a.size(), b.size(), cost), 3.0 / 13.0);
    EXPECT_EQ(normalized_sequence_edit_distance(0, 0, cost), 0.0);
    EXPECT_EQ(normalized_sequence_edit_distance(0, 4, cost), 1.0);
    EXPECT_EQ(sequence_edit_distance(1, 1, [](std::size_t, std::size_t) { return 0.25; }), 0.25);
}

Json leaf(std::string_view id, std::string_view name) { return Json(core::JsonArray{Json(id), Json::object().set("kind", "const").set("name", name)}); }
Json application(std::string_view id, std::string_view function, std::string_view argument) {
    return Json(core::JsonArray{Json(id), Json::object().set("kind", "app").set("fn", function).set("arg", argument)});
}
Json expression(core::JsonArray nodes) { return Json::object().set("rootId", "r").set("nodes", Json(std::move(nodes))); }
Json goal(Json type, core::JsonArray hypotheses = {}) { return Json::object().set("type_expr", std::move(type)).set("hyp_exprs", Json(std::move(hypotheses))); }
Json both(std::string_view connective, std::string_view first, std::string_view second) {
    return expression({application("r", "h", "b"), application("h", "c", "a"), leaf("c", connective), leaf("a", first), leaf("b", second)});
}

TEST(GoalTree, OneRenamedConstantIsOneOfSix) {
    Json entries = Json::object();
    entries.set("p", goal(expression({leaf("r", "P")}))).set("q", goal(expression({leaf("r", "Q")})));
    GoalDistances distances(entries);
    EXPECT_EQ(distances("p", "p"), 0.0);
    EXPECT_EQ(distances("p", "q"), 1.0 / 6.0);
    EXPECT_EQ(distances("q", "p"), 1.0 / 6.0);
    EXPECT_EQ(distances("p", "nowhere"), 1.0);
    EXPECT_TRUE(distances.problem("nowhere").has_value());
    EXPECT_FALSE(distances.problem("p").has_value());
}

TEST(GoalTree, OrderOfCommutativeArgumentsAndHypothesesDoesNotCount) {
    Json entries = Json::object();
    entries.set("pq", goal(both("And", "P", "Q"))).set("qp", goal(both("And", "Q", "P")));
    entries.set("imp", goal(both("Imp", "P", "Q"))).set("imp2", goal(both("Imp", "Q", "P")));
    entries.set("h1", goal(expression({leaf("r", "P")}), {expression({leaf("r", "A")}), expression({leaf("r", "B")})}));
    entries.set("h2", goal(expression({leaf("r", "P")}), {expression({leaf("r", "B")}), expression({leaf("r", "A")})}));
    GoalDistances distances(entries);
    EXPECT_EQ(distances("pq", "qp"), 0.0);
    EXPECT_GT(distances("imp", "imp2"), 0.0);
    EXPECT_EQ(distances("h1", "h2"), 0.0);
}

TEST(GoalTree, DistancesAreSymmetricAndFromZeroToOne) {
    std::mt19937 random(21);
    const auto name = [&] { return std::string(1, static_cast<char>('A' + random() % 4)); };
    const char* const connectives[] = {"And", "Or", "Imp"};
    Json entries = Json::object();
    constexpr int k_goals = 25;
    for (int i = 0; i < k_goals; ++i) {
        core::JsonArray hypotheses;
        for (std::size_t count = random() % 3; count > 0; --count) { hypotheses.push_back(expression({leaf("r", name())})); }
        Json type = random() % 2 == 0 ? expression({leaf("r", name())}) : both(connectives[random() % 3], name(), name());
        entries.set(std::to_string(i), goal(std::move(type), std::move(hypotheses)));
    }
    GoalDistances distances(entries);
    for (int i = 0; i < k_goals; ++i) {
        for (int j = 0; j < k_goals; ++j) {
            const double distance = distances(std::to_string(i), std::to_string(j));
            ASSERT_GE(distance, 0.0);
            ASSERT_LE(distance, 1.0);
            ASSERT_EQ(distance, distances(std::to_string(j), std::to_string(i)));
            if (i == j) { ASSERT_EQ(distance, 0.0); }
        }
    }
}

TEST(GoalTree, RefusesWhatIsNoExpression) {
    Labels labels;
    EXPECT_FALSE(goal_tree(Json::object(), labels).ok());
    EXPECT_FALSE(goal_tree(goal(expression({application("r", "r", "r")})), labels).ok());  // a circle
    EXPECT_FALSE(goal_tree(goal(expression({application("r", "x", "x")})), labels).ok());  // a node that is not there
    core::JsonArray doubling{leaf("n0", "P")};  // 2^20 nodes when unfolded
    for (int i = 1; i < 20; ++i) { doubling.push_back(application("n" + std::to_string(i), "n" + std::to_string(i - 1), "n" + std::to_string(i - 1))); }
    doubling.push_back(application("r", "n19", "n19"));
    const auto huge = goal_tree(goal(expression(std::move(doubling))), labels);
    ASSERT_FALSE(huge.ok());
    EXPECT_NE(huge.error().message().find("800"), std::string::npos);
}

}  // namespace
}  // namespace runlake::metrics
