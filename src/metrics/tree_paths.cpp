// SPDX-License-Identifier: Apache-2.0
// The distances of all pairs of subtrees, path by path: those on one path of one tree against all of the other, given those that hang off the path. Along an outermost path as Zhang and Shasha
// (1989) do; along any other as Demaine, Mozes, Rossman and Weimann (2009) do, over all forests of the other tree.
#include <algorithm>
#include <optional>
#include <utility>

#include "metrics/tree_strategy.hpp"

namespace runlake::metrics {
namespace {

using Node = std::uint32_t;
using Side = Tree::Side;

// Distances of subtrees by the numbers of the left sides; `path` is the tree that has the path, `rest` the other.
struct Distances {
    std::uint32_t* values;
    std::size_t path_step;
    std::size_t rest_step;
};

// The path from v of outermost nodes of one side against the subtree w; both by the numbers of that side.
class OutermostPath {
  public:
    OutermostPath(const Side& path, const Side& rest, bool is_left, const Distances& distances) : a_(path), b_(rest), is_left_(is_left), distances_(distances) {}

    std::uint64_t run(Node v, Node w) {
        const Node a0 = a_.outermost[v];
        const Node first = b_.outermost[w];
        const std::size_t height = v - a0 + 1;
        places_.resize(w - first + 1);
        for (Node node = first; node <= w; ++node) { places_[node - first] = place(b_, node) * distances_.rest_step; }
        forest_.resize((height + 1) * (w - first + 2));
        std::uint64_t solved = 0;
        for (auto root = std::ranges::lower_bound(b_.key_roots, first); root != b_.key_roots.end() && *root < w; ++root) { solved += forests(a0, v, *root, first); }
        return solved + forests(a0, v, w, first);
    }

  private:
    Node place(const Side& side, Node node) const { return is_left_ ? node : side.other[node]; }

    std::uint64_t forests(Node a0, Node v, Node key_root, Node first) {
        const Node b0 = b_.outermost[key_root];
        const std::size_t width = key_root - b0 + 2;
        for (std::size_t y = 0; y < width; ++y) { forest_[y] = static_cast<std::uint32_t>(y); }
        const std::size_t* places = &places_[b0 - first];
        for (Node node_a = a0; node_a <= v; ++node_a) {
            std::uint32_t* row = &forest_[(node_a - a0 + 1) * width];
            const std::uint32_t* above = row - width;
            const Node first_a = a_.outermost[node_a];
            const std::uint32_t* cut = &forest_[(first_a - a0) * width];
            std::uint32_t* of_tree = distances_.values + place(a_, node_a) * distances_.path_step;
            row[0] = node_a - a0 + 1;
            if (first_a != a0) {
                for (std::size_t y = 1; y < width; ++y) {
                    const std::uint32_t by_one = std::min(above[y], row[y - 1]) + 1;
                    row[y] = std::min(by_one, cut[b_.outermost[b0 + y - 1] - b0] + of_tree[places[y - 1]]);
                }
                continue;
            }
            const std::uint32_t label = a_.labels[node_a];
            for (std::size_t y = 1; y < width; ++y) {
                const Node node_b = b0 + static_cast<Node>(y) - 1;
                const Node first_b = b_.outermost[node_b];
                const std::uint32_t by_one = std::min(above[y], row[y - 1]) + 1;
                if (first_b == b0) {
                    row[y] = std::min(by_one, above[y - 1] + (label == b_.labels[node_b] ? 0U : 1U));
                    of_tree[places[y - 1]] = row[y];
                } else {
                    row[y] = std::min(by_one, cut[first_b - b0] + of_tree[places[y - 1]]);
                }
            }
        }
        return std::uint64_t{v - a0 + 1} * (width - 1);
    }

    const Side& a_;
    const Side& b_;
    bool is_left_;
    Distances distances_;
    std::vector<std::size_t> places_;
    std::vector<std::uint32_t> forest_;
};

// The heavy path from v against the subtree w. A forest of w is what removing outermost roots leaves: (x, y) with the leftmost root x and the rightmost root y, where x = y or x is to the left of
// y. Along the path, upwards, the forest of v grows by what hangs to the right of it, by what hangs to the left, and by the next node of the path; each time its distances to all forests of w are
// made anew.
class HeavyPath {
  public:
    HeavyPath(const Tree& path, const Tree& rest, const Distances& distances) : a_(path), b_(rest), distances_(distances) {}

    // By the numbers of the left sides.
    std::uint64_t run(Node v, Node w) {
        low_ = b_.left().outermost[w];
        size_ = b_.left().size_of(w);
        right_low_ = b_.right().outermost[b_.left().other[w]];
        solved_ = 0;
        own_ = 0;
        whole_.resize(std::size_t{size_} * size_);
        below_before_.resize(size_);
        // Against nothing, a forest costs its nodes.
        for (Node y = 0; y < size_; ++y) {
            read_roots(y, false);
            for (std::size_t k = 1; k < roots_.size(); ++k) { at(roots_[k], y) = tree_size(y) + static_cast<Node>(k) - 1; }
        }
        std::vector<Node> path{v};
        while (a_.heavy()[path.back()] != path.back()) { path.push_back(a_.heavy()[path.back()]); }
        add_root(path.back());
        for (std::size_t i = path.size() - 1; i-- > 0;) {
            const Node child = path[i + 1];
            const Node parent = path[i];
            grow(a_.left(), child + 1, parent, true);
            grow(a_.right(), a_.left().other[child] + 1, a_.left().other[parent], false);
            add_root(parent);
        }
        return solved_;
    }

  private:
    // Nodes of w have numbers from 0 here, in the order of the left side.
    std::uint32_t& at(Node x, Node y) { return whole_[std::size_t{x} * size_ + y]; }
    std::uint32_t& at(Node fixed, Node moving, bool is_left_fixed) { return is_left_fixed ? at(fixed, moving) : at(moving, fixed); }
    Node tree_size(Node node) const { return b_.left().size_of(low_ + node); }

    // With one outermost root fixed, those that the other can be: first the fixed one itself (at 1: place 0 stands for no forest), then outwards. Taking the outermost root away leads to the place
    // before, taking its whole tree away as many places back as that has nodes.
    void read_roots(Node fixed, bool is_left_fixed) {
        const auto& left = b_.left();
        const auto& right = b_.right();
        roots_.assign(1, 0);
        const Node on_right = left.other[low_ + fixed];
        if (is_left_fixed) {
            for (Node node = fixed; node < size_; ++node) {
                if (left.other[low_ + node] <= on_right) { roots_.push_back(node); }
            }
        } else {
            for (Node number = on_right; number < right_low_ + size_; ++number) {
                const Node node = right.other[number] - low_;
                if (node <= fixed) { roots_.push_back(node); }
            }
        }
        steps_.resize(roots_.size());
        places_.resize(roots_.size());
        for (std::size_t k = 1; k < roots_.size(); ++k) {
            steps_[k] = tree_size(roots_[k]);
            places_[k] = (low_ + roots_[k]) * distances_.rest_step;
        }
    }

    // Where the fixed root is its parent's outermost child, all children of the parent are a forest among those with this root: the parent, and the other root's place. Else nothing.
    struct Children {
        Node parent;
        std::size_t place;
    };
    std::optional<Children> children(Node fixed, bool is_left_fixed) const {
        const auto& left = b_.left();
        if (fixed + 1 == size_) { return std::nullopt; }
        const Node parent = left.parent[low_ + fixed] - low_;
        const bool is_outermost = is_left_fixed ? left.outermost[low_ + fixed] == left.outermost[low_ + parent] : fixed + 1 == parent;
        if (!is_outermost) { return std::nullopt; }
        return Children{.parent = parent, .place = tree_size(parent) - tree_size(fixed)};
    }

    // Adds the nodes first .. end - 1 of a side, in that order: on the right of the path by the left side's numbers, on its left by the right side's.
    void grow(const Side& side, Node first, Node end, bool is_left_fixed) {
        if (first >= end) { return; }
        const std::size_t count = end - first;
        below_.resize((count + 1) * size_);  // against the forest below each node of w, after so many nodes were added
        for (Node fixed = 0; fixed < size_; ++fixed) {
            read_roots(fixed, is_left_fixed);
            const std::size_t width = roots_.size();
            table_.resize((count + 1) * width);
            for (std::size_t k = 1; k < width; ++k) { table_[k] = at(fixed, roots_[k], is_left_fixed); }
            const bool is_leaf = steps_[1] == 1;
            const auto around = children(fixed, is_left_fixed);
            for (std::size_t i = 1; i <= count; ++i) {
                const Node node = first + static_cast<Node>(i) - 1;
                const Node node_size = side.size_of(node);
                const std::uint32_t* of_tree = distances_.values + (is_left_fixed ? node : side.other[node]) * distances_.path_step;
                std::uint32_t* row = &table_[i * width];
                const std::uint32_t* before = row - width;
                const std::uint32_t* cut = row - node_size * width;
                const std::uint32_t size = own_ + static_cast<std::uint32_t>(i);
                const std::uint32_t below = is_leaf ? size : below_[i * size_ + fixed];
                row[1] = std::min(std::min(before[1], below) + 1, size - node_size + of_tree[places_[1]]);
                for (std::size_t k = 2; k < width; ++k) { row[k] = std::min(std::min(before[k], row[k - 1]) + 1, cut[k - steps_[k]] + of_tree[places_[k]]); }
                if (around) { below_[i * size_ + around->parent] = row[around->place]; }
            }
            const std::uint32_t* last = &table_[count * width];
            for (std::size_t k = 1; k < width; ++k) { at(fixed, roots_[k], is_left_fixed) = last[k]; }
            solved_ += count * (width - 1);
        }
        own_ += static_cast<std::uint32_t>(count);
    }

    // Adds the node of the path above all that has grown: the forest is the tree of that node then.
    void add_root(Node node) {
        const std::uint32_t label = a_.left().labels[node];
        std::uint32_t* of_node = distances_.values + node * distances_.path_step;
        below_.resize(size_);
        for (Node y = 0; y < size_; ++y) {
            read_roots(y, false);
            const auto around = children(y, false);
            if (around) { below_before_[around->parent] = at(roots_[around->place], y); }
            const bool is_leaf = steps_[1] == 1;
            const std::uint32_t below_before = is_leaf ? own_ : below_before_[y];
            const std::uint32_t below = is_leaf ? own_ + 1 : below_[y];
            std::uint32_t value = std::min(std::min(at(y, y), below) + 1, below_before + (label == b_.left().labels[low_ + y] ? 0U : 1U));
            at(y, y) = value;
            of_node[places_[1]] = value;
            if (around && around->place == 1) { below_[around->parent] = value; }
            for (std::size_t k = 2; k < roots_.size(); ++k) {
                std::uint32_t& here = at(roots_[k], y);
                const auto left_over = steps_[1] + static_cast<std::uint32_t>(k) - steps_[k] - 1;  // nodes, without the leftmost tree
                value = std::min(std::min(here, value) + 1, of_node[places_[k]] + left_over);
                here = value;
                if (around && around->place == k) { below_[around->parent] = value; }
            }
            solved_ += roots_.size() - 1;
        }
        ++own_;
    }

    const Tree& a_;
    const Tree& b_;
    Distances distances_;
    Node low_ = 0;
    Node size_ = 0;
    Node right_low_ = 0;
    std::uint32_t own_ = 0;  // nodes of the forest that has grown
    std::uint64_t solved_ = 0;
    std::vector<std::uint32_t> whole_;  // of that forest to each of w
    std::vector<Node> roots_;
    std::vector<Node> steps_;
    std::vector<std::size_t> places_;
    std::vector<std::uint32_t> table_;
    std::vector<std::uint32_t> below_;
    std::vector<std::uint32_t> below_before_;
};

// All paths of one tree against the other.
class Paths {
  public:
    Paths(const Tree& path, const Tree& rest, const Distances& distances)
        : path_(path), rest_(rest), left_(path.left(), rest.left(), true, distances), right_(path.right(), rest.right(), false, distances), heavy_(path, rest, distances) {}

    enum class Way : std::uint8_t { left, right, heavy };

    std::uint64_t run(Way way, Node v, Node w) {
        switch (way) {
        case Way::left: return left_.run(v, w);
        case Way::right: return right_.run(path_.left().other[v], rest_.left().other[w]);
        case Way::heavy: return heavy_.run(v, w);
        }
        return 0;
    }

    // What hangs off the path.
    template <typename Call>
    void each_hanging(Way way, Node v, const Call& call) const {
        const Side& side = path_.left();
        while (side.size_of(v) > 1) {
            const Node next = way == Way::left ? leftmost(v) : way == Way::right ? v - 1 : path_.heavy()[v];
            for (Node end = v; end > side.outermost[v]; end = side.outermost[end - 1]) {
                if (end - 1 != next) { call(end - 1); }
            }
            v = next;
        }
    }

  private:
    Node leftmost(Node v) const {
        const Side& right = path_.right();
        return right.other[path_.left().other[v] - 1];  // the last before it, from right to left
    }

    const Tree& path_;
    const Tree& rest_;
    OutermostPath left_;
    OutermostPath right_;
    HeavyPath heavy_;
};

}  // namespace

CountedDistance tree_edit_distance_by(const Tree& a, const Tree& b, const std::vector<TreePath>& paths) {
    const std::size_t columns = b.size();
    std::vector<std::uint32_t> distances(a.size() * columns);
    Paths of_first(a, b, {.values = distances.data(), .path_step = columns, .rest_step = 1});
    Paths of_second(b, a, {.values = distances.data(), .path_step = 1, .rest_step = columns});
    struct Pair {
        Node v;
        Node w;
        bool is_open;
    };
    CountedDistance out;
    std::vector<Pair> open{{.v = static_cast<Node>(a.size() - 1), .w = static_cast<Node>(columns - 1), .is_open = false}};
    while (!open.empty()) {
        const Pair pair = open.back();
        const auto chosen = static_cast<std::size_t>(paths[pair.v * columns + pair.w]);
        const bool is_first = chosen < 3;
        const auto way = static_cast<Paths::Way>(chosen % 3);
        if (pair.is_open) {
            out.sub_problems += is_first ? of_first.run(way, pair.v, pair.w) : of_second.run(way, pair.w, pair.v);
            open.pop_back();
            continue;
        }
        open.back().is_open = true;
        if (is_first) {
            of_first.each_hanging(way, pair.v, [&](Node node) { open.push_back({.v = node, .w = pair.w, .is_open = false}); });
        } else {
            of_second.each_hanging(way, pair.w, [&](Node node) { open.push_back({.v = pair.v, .w = node, .is_open = false}); });
        }
    }
    out.distance = distances.back();
    return out;
}

}  // namespace runlake::metrics
