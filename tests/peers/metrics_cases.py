# SPDX-License-Identifier: Apache-2.0
"""Trees and graphs that are made the same everywhere, the distances that zss, apted and networkx give them, and the call of our own."""
import json
import random
import subprocess

# Runs in the peers' own environment: cases come as JSON lines, each answer has the value and the seconds of processor time of every library that was asked.
PEER = r"""
import json, sys, time
import apted, networkx, zss
sys.setrecursionlimit(10000)
asked = sys.argv[1:] or ["zss", "apted", "networkx"]

class Config(apted.Config):
    def children(self, node): return node[1]
    def rename(self, a, b): return int(a[0] != b[0])

def timed(work):
    began = time.process_time()
    value = work()
    return value, time.process_time() - began

def graph(told):
    out = networkx.DiGraph()
    for number, label in enumerate(told["nodes"]): out.add_node(number, label=label)
    for source, target, label in told["edges"]: out.add_edge(source, target, label=label)
    return out

same = lambda a, b: a["label"] == b["label"]
for line in sys.stdin:
    case = json.loads(line)
    answer = {}
    if "trees" in case:
        a, b = case["trees"]
        if "zss" in asked: answer["zss"] = timed(lambda: zss.distance(a, b, lambda node: node[1], lambda node: 1, lambda node: 1, lambda x, y: int(x[0] != y[0])))
        if "apted" in asked: answer["apted"] = timed(lambda: apted.APTED(a, b, Config()).compute_edit_distance())
    else:
        a, b = map(graph, case["graphs"])
        answer["networkx"] = timed(lambda: networkx.graph_edit_distance(a, b, node_match=same, edge_match=same))
    print(json.dumps(answer))
"""


def tree(rng, size, labels, back=12):
    """The smaller `back`, the deeper."""
    nodes = [[str(rng.randrange(labels)), []] for _ in range(size)]
    for number in range(1, size):
        children = nodes[rng.randrange(max(0, number - back), number)][1]
        children.insert(rng.randrange(len(children) + 1), nodes[number])
    return nodes[0]


def graph(rng, size, edges, labels):
    # No loops: networkx may match one with an edge between two nodes, which gives less than the distance.
    pairs = rng.sample([(a, b) for a in range(size) for b in range(size) if a != b], min(edges, size * (size - 1)))
    return {"nodes": [str(rng.randrange(labels)) for _ in range(size)], "edges": [[a, b, str(rng.randrange(2))] for a, b in pairs]}


def tree_cases(count, size, seed=1, back=12):
    rng = random.Random(seed)
    return [{"trees": [tree(rng, rng.randrange(max(1, size // 2), size + 1), 4, back) for _ in range(2)]} for _ in range(count)]


def graph_cases(count, size, seed=2):
    rng = random.Random(seed)
    return [{"graphs": [graph(rng, rng.randrange(max(1, size - 1), size + 1), size + 1, 3) for _ in range(2)]} for _ in range(count)]


def answers(words, cases):
    done = subprocess.run(words, input="".join(json.dumps(case) + "\n" for case in cases), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def of_peers(python, cases, asked=()):
    return answers([str(python), "-c", PEER, *asked], cases)
