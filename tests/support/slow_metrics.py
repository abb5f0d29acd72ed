# SPDX-License-Identifier: Apache-2.0
"""The metrics of proof searches by their definitions alone: slow, for small inputs, and with nothing of the program's."""
import functools
import itertools
import math

TEN = ["simplify", "rewrite", "intro", "split", "cases", "closer", "contradiction", "arith", "automation", "other"]
WORDS = {"simplify": ["simp", "simp_all", "simp_rw"], "rewrite": ["rw", "rewrite"], "intro": ["intro", "intros"], "split": ["constructor", "left", "right", "use"], "cases": ["cases", "induction"],
         "closer": ["exact", "assumption", "trivial"], "contradiction": ["exfalso", "contradiction"], "arith": ["linarith", "nlinarith", "omega", "ring", "norm_num"], "automation": ["aesop", "aesop?"]}


def family(tactic):
    words = tactic.split()
    first = words[0]
    if first.lower() == "apply" and len(words) > 1 and words[1] in ("And.intro", "Iff.intro", "Or.inl", "Or.inr"):
        return "split"
    stem = first.lower().rstrip("0123456789")
    return next((name for name, members in WORDS.items() if stem in members), first.lower())


def index(name):
    return TEN.index(name) if name in TEN else 9


# --- trees: (label, (child, ...)) ---

def expression(value):
    nodes = {key: node for key, node in value["nodes"]}

    def of(key):
        node = nodes[key]
        kind = node["kind"]
        if kind == "const":
            return (f"const:{node['name']}", ())
        if kind == "app":
            return ("app", (of(node["fn"]), of(node["arg"])))
        if kind == "forallE":
            return ("forall", (of(node["binderType"]), of(node["body"])))
        if kind == "bvar":
            return (f"bvar:{node['deBruijnIdx']}", ())
        assert kind in ("fvar", "mvar"), kind
        return (kind, ())

    return of(value["rootId"])


def goal(entry):
    return ("goal", (expression(entry["type_expr"]), ("hyps", tuple(sorted(map(expression, entry["hyp_exprs"]), key=str)))))


def size(tree):
    return 1 + sum(map(size, tree[1]))


@functools.lru_cache(maxsize=None)
def forest_distance(a, b):
    if not a:
        return sum(map(size, b))
    if not b:
        return sum(map(size, a))
    (label_a, below_a), (label_b, below_b) = a[-1], b[-1]
    return min(forest_distance(a[:-1] + below_a, b) + 1, forest_distance(a, b[:-1] + below_b) + 1,
               forest_distance(below_a, below_b) + forest_distance(a[:-1], b[:-1]) + (label_a != label_b))


def tree_distance(a, b):
    """Normalised."""
    return forest_distance((a,), (b,)) / (size(a) + size(b))


# --- graphs: (labels of nodes, [(from, to, label), ...]) ---

def graph_distance(a, b, cost):
    """Over all ways to keep some nodes of one as different nodes of the other."""
    nodes_a, edges_a = a
    nodes_b, edges_b = b
    best = math.inf
    for count in range(min(len(nodes_a), len(nodes_b)) + 1):
        for kept in itertools.combinations(range(len(nodes_a)), count):
            for to in itertools.permutations(range(len(nodes_b)), count):
                at = dict(zip(kept, to))
                whole = len(nodes_a) + len(nodes_b) - 2 * count + sum(cost(nodes_a[i], nodes_b[j]) for i, j in at.items())
                moved, other = {}, {}
                for i, j, label in edges_a:
                    key = (at[i], at[j]) if i in at and j in at else ("gone", i, j)
                    moved.setdefault(key, []).append(label)
                for i, j, label in edges_b:
                    other.setdefault((i, j), []).append(label)
                for key in set(moved) | set(other):
                    first, second = sorted(moved.get(key, [])), sorted(other.get(key, []))
                    common = 0
                    rest = list(second)
                    for label in first:
                        if label in rest:
                            rest.remove(label)
                            common += 1
                    whole += max(len(first), len(second)) - common
                best = min(best, whole)
    return best


def normalized_graph_distance(value, a, b):
    return value / max(len(a[0]) + len(a[1]), len(b[0]) + len(b[1]))


# --- sequences and sets ---

def path_distance(a, b, cost):
    @functools.lru_cache(maxsize=None)
    def of(i, j):
        if i == 0 or j == 0:
            return i + j
        return min(of(i - 1, j) + 1, of(i, j - 1) + 1, of(i - 1, j - 1) + cost(a[i - 1], b[j - 1]))
    return of(len(a), len(b)) / (len(a) + len(b))


def spread(values):
    if not values:
        return None
    values = sorted(values)
    at = lambda p: round(values[math.floor((len(values) - 1) * p)], 6)
    return {"count": len(values), "mean": round(sum(values) / len(values), 6), "p50": at(0.5), "p90": at(0.9), "min": at(0), "max": at(1)}


def novelty(wild, own, cost):
    novel, dropped = sorted(set(own) - set(wild)), sorted(set(wild) - set(own))
    return {"novel_goal_count": len(novel), "dropped_goal_count": len(dropped), "novel_min_distance": spread([min(cost(a, b) for b in set(wild)) for a in novel]),
            "dropped_min_distance": spread([min(cost(a, b) for b in set(own)) for a in dropped])}


def entropy(counts):
    return -sum(n / sum(counts) * math.log2(n / sum(counts)) for n in counts)


def clusters(matrix, cut):
    """Average linkage from its definition: means over all pairs of members, made anew each time."""
    groups = [[i] for i in range(len(matrix))]
    while len(groups) > 1:
        mean = lambda a, b: sum(matrix[i][j] for i in a for j in b) / (len(a) * len(b))
        value, i, j = min((mean(a, b), i, j) for i, a in enumerate(groups) for j, b in enumerate(groups) if i < j)
        if value > cut + 1e-12:
            break
        groups[i] = sorted(groups[i] + groups.pop(j))
    return sorted(groups)


# --- search efficiency ---

def efficiency(history, tree, trace, outcomes, mvar_to_sig, alpha=None):
    """{metric: {null model: (tau_blind, K) or None}}, steps matched, steps of the solution. `outcomes`: {sig: {family: [attempts, successes]}}; with alpha those of a reference."""
    attempts = history.get("detour_metrics", {}).get("total_attempts")
    if attempts is None:
        attempts = sum(len(one["attempts"]) for one in history["iterations"])
    whole = {}
    for of_sig in outcomes.values():
        for name, (n, s) in of_sig.items():
            whole[name] = [whole.get(name, [0, 0])[0] + n, whole.get(name, [0, 0])[1] + s]

    def estimate(sig, name):
        n, s = outcomes.get(sig, {}).get(index(name), (0, 0))
        if n == 0:
            n, s = whole.get(index(name), (0, 0))
        return (s + 1) / (n + 2) if alpha is None else (s + alpha) / (n + 2 * alpha)

    steps = []
    for step in history["solution_path"]:
        node = tree["nodes"].get(step["mvar_id"])
        if node is None:
            continue
        sig = node.get("goal_sig") or mvar_to_sig.get(step["mvar_id"])
        children = set(node["children"].get(step["tactic"], []))
        found = next((one["iteration"] for one in history["iterations"] if one["selected_path"][-1] == step["mvar_id"]
                      and any(a["tactic"] == step["tactic"] and a["outcome"] == "success" and set(a["child_mvar_ids"]) == children for a in one["attempts"])), None)
        if found is None or not sig:
            continue
        line = next((one for one in trace if one["iteration"] == found and one["node"]["mvar_id"] == step["mvar_id"]), {"tactics": []})
        steps.append((sig, family(step["tactic"]), [family(one["tactic"]) for one in line["tactics"]]))
    out = {}
    for metric in ("any_success", "used_operator"):
        for model in ("blind_uniform_candidate", "blind_uniform_family"):
            tau = 0.0
            for sig, used, candidates in steps:
                if model == "blind_uniform_family":
                    candidates = sorted(set(candidates)) or [TEN[i] for i, (n, _) in sorted(outcomes.get(sig, {}).items()) if n > 0]
                if not candidates:
                    tau = math.nan
                    continue
                p = sum(estimate(sig, one) for one in candidates) / len(candidates) if metric == "any_success" else candidates.count(used) / len(candidates) * estimate(sig, used)
                tau += 1 / p if p > 0 else math.nan
            out.setdefault(metric, {})[model] = None if math.isnan(tau) or not steps else (round(tau, 6), round(math.log10(tau / attempts), 6))
    return out, len(steps), len(history["solution_path"])


# --- histories ---

def trajectory(history):
    rounds = history["iterations"]
    depths = [len(one["selected_path"]) for one in rounds]
    tactics = {attempt.get("tactic_norm", attempt["tactic"]) for one in rounds for attempt in one["attempts"]}
    ends = [depth for depth, one in zip(depths, rounds) if one.get("terminal_reached")]
    return {"total_iterations": len(rounds), "backtrack_count": sum(b < a for a, b in zip(depths, depths[1:])), "max_depth_reached": max(depths, default=0), "depth_at_solution": ends[0] if ends else 0,
            "unique_goals_visited": len({goal for one in rounds for goal in one["selected_path"]}), "tactic_diversity": len(tactics)}


def detour(history):
    outcomes = [attempt["outcome"] for one in history["iterations"] for attempt in one["attempts"]]
    ends = [one for one in history["iterations"] if one.get("terminal_reached")]
    failed = outcomes.count("failure")
    return {"total_iterations": len(history["iterations"]), "total_attempts": len(outcomes), "success_count": outcomes.count("success"), "failure_count": failed, "blocked_count": outcomes.count("blocked"),
            "failure_ratio": round(failed / len(outcomes), 3) if outcomes else 0.0, "max_depth": max((len(one["selected_path"]) for one in history["iterations"]), default=0),
            "depth_at_solution": len(ends[0]["selected_path"]) if ends else 0, "terminal_iteration": ends[0]["iteration"] if ends else None}


def recovery(wild, visits):
    """`wild`: goals of the solved path; `visits`: (iteration, goal)."""
    goals = [goal for _, goal in visits]
    left = next((at for at in range(len(goals)) if at >= len(wild) or goals[at] != wild[at]), None)
    out = {"divergence_iteration": None, "reconvergence_iteration": None, "recovery_iterations": None, "shared_prefix_length": len(goals) if left is None else left, "reconverged": False}
    if left is None:
        return out
    out["divergence_iteration"] = visits[left][0]
    back = next((at for at in range(left, len(goals)) if goals[at:] in [wild[start:] for start in range(len(wild))]), None)
    if back is not None:
        out.update(reconvergence_iteration=visits[back][0], recovery_iterations=visits[back][0] - visits[left][0], reconverged=True)
    return out
