# SPDX-License-Identifier: Apache-2.0
"""What lake_bench.py holds `lake reconcile` against: DuckDB's own readers filling the same tables with the same columns, where SQL can say them, from the same files. Lists of files by kind come
as JSON on stdin, the database's name is the argument; how long it took, without starting Python, and the rows of each table go to stdout.

Written to be quick, not to be short: files are listed beforehand, each kind is read once for all tables made of it where that pays, and objects are taken apart by from_json() into maps: json_each() keeps the
whole document beside each of its rows, which took sixty times as long. What it leaves out: checking keys, saying what is wrong with a file, what needs more than SQL (hashes of configurations, run_uid,
families of tactics), and everything that makes a second call quick.
"""
import json
import sys
import time

import duckdb

files = json.load(sys.stdin)
OBJECTS = "read_json_objects($files, format='unstructured', filename=true, maximum_object_size=268435456)"
LINES = "read_json_objects($files, format='newline_delimited', ignore_errors=true, filename=true)"
# Of every file: where it stands, and the digest of its bytes.
WHERE = "f.run_key, f.theorem, f.rel_path"


def columns(prefix, names, kind):
    return ", ".join(f"(json->'{prefix}'->>'{name}')::{kind} AS {prefix}_{name}" for name in names)


def distance(short):
    key = {"search": "ged_search_graph", "search_soft": "ged_search_graph_soft", "proof": "ged_proof_graph", "trace": "ged_trace_graph"}[short]
    return ", ".join(f"(json->'{key}'->>'{word}'){kind} AS ged_{short}_{name}" for word, name, kind in
                     (("value", "value", "::DOUBLE"), ("normalized", "norm", "::DOUBLE"), ("valid", "valid", "::BOOLEAN"), ("trace_source", "trace_source", ""),
                      ("trace_completeness", "trace_completeness", "")))


def efficiency(value):
    return (f"({value}->'k_search_efficiency'->>'valid')::BOOLEAN AS k_valid, {value}->'k_search_efficiency'->'primary'->>'null_model' AS k_null_model, "
            f"({value}->'k_search_efficiency'->>'tau_agent')::BIGINT AS k_tau_agent, ({value}->'k_search_efficiency'->'primary'->>'tau_blind')::DOUBLE AS k_tau_blind, "
            f"({value}->'k_search_efficiency'->'primary'->>'K')::DOUBLE AS k_K, {value}->'metrics' AS metrics, {value}->'k_search_efficiency' AS k_json")


began, of_processors = time.perf_counter(), time.process_time()
con = duckdb.connect(sys.argv[1])
con.execute("SET preserve_insertion_order = false; SET enable_progress_bar = false")


def make(table, kind, sql):
    if files.get(kind):
        con.execute(f"CREATE TABLE {table} AS {sql}", {"files": files[kind]})


# The digests are what files are told by: read first, joined to the rest.
make("lake_files", "all", r"""SELECT filename, substr(md5(p.dir), 1, 16) AS run_key, p.theorem, CASE WHEN p.theorem = '' THEN p.name ELSE p.theorem || '/' || p.name END AS rel_path,
    p.name AS file_name, regexp_extract(p.name, '^(.*?)_(search_trace_graph|proof_graph|graph|mcts_trace|mcts_tree|comparison|metrics|history|assembly|process_trace|proof_term)\.jsonl?(\.gz)?$',
    ['variant', 'kind', 'gz']) AS v, digest, bytes, epoch(modified)::BIGINT AS mtime
    FROM (SELECT filename, sha256(content) AS digest, octet_length(content) AS bytes, last_modified AS modified,
          CASE WHEN filename LIKE '%/thm_%/%' THEN regexp_extract(filename, '^(.*)/(thm_[^/]*)/([^/]*)$', ['dir', 'theorem', 'name'])
               ELSE regexp_extract(filename, '^(.*)()/([^/]*)$', ['dir', 'theorem', 'name']) END AS p FROM read_blob($files))""")
con.execute("CREATE TABLE run_files AS SELECT run_key, file_name, digest AS sha256, bytes, mtime FROM lake_files WHERE theorem = ''")
con.execute("""CREATE TABLE theorem_artifacts AS SELECT run_key, theorem, rel_path, v.variant AS variant, v.kind AS artifact_kind, digest AS sha256, bytes, mtime, 'parsed' AS parse_status, now() AS indexed_at
    FROM lake_files WHERE theorem <> ''""")
con.execute("CREATE TABLE artifact_extract_state AS SELECT run_key, rel_path, v.kind AS extractor, digest AS sha256, true AS parse_ok, now() AS extracted_at FROM lake_files WHERE v.kind NOT IN ('', 'history')")
make("statuses", "run_status", f"SELECT filename, json AS run_status FROM {OBJECTS}")
make("configs", "run_config", f"SELECT filename, json FROM {OBJECTS}")
if files.get("run_config"):
    status = "LEFT JOIN statuses s ON s.filename = replace(c.filename, 'run_config', 'run_status')" if files.get("run_status") else "CROSS JOIN (SELECT NULL AS run_status) s"
    con.execute(f"""CREATE TABLE runs AS SELECT f.run_key, c.filename AS run_dir, json->>'run_id' AS run_id, json->>'provider' AS provider, json->>'backend' AS backend, json->>'mode' AS mode,
        json->>'corpus' AS corpus, json->>'created_at' AS created_at, json->>'goal_sig_scheme' AS goal_sig_scheme, (json->>'trace_mcts')::BOOLEAN AS trace_mcts, json->'problem_space' AS problem_space,
        json AS run_config, s.run_status FROM configs c JOIN lake_files f USING (filename) {status}""")
make("summaries", "summary", f"SELECT filename, unnest(from_json(json->'theorems', '[\"JSON\"]')) AS t FROM {OBJECTS}")
if files.get("summary"):
    con.execute(f"""CREATE TABLE theorem_wild AS SELECT f.run_key, t->>'name' AS theorem, (w->>'solved')::BOOLEAN AS solved, (w->>'iterations')::BIGINT AS iterations, w->>'proof_term_hash' AS proof_term_hash,
        {efficiency('w')}, w AS wild_json, f.rel_path FROM (SELECT filename, t, t->'wild_type' AS w FROM summaries) JOIN lake_files f USING (filename) WHERE w IS NOT NULL""")
    con.execute(f"""CREATE TABLE theorem_intervention AS SELECT f.run_key, s.theorem, i->>'name' AS intervention, (i->>'solved')::BOOLEAN AS solved, i->>'status' AS status,
        (i->>'is_control')::BOOLEAN AS is_control, (i->>'baseline_solved')::BOOLEAN AS baseline_solved, i->'blocked' AS blocked, (i->'ged_search_graph'->>'value')::DOUBLE AS ged_search_value,
        (i->'ged_search_graph'->>'normalized')::DOUBLE AS ged_search_norm, (i->'ged_search_graph_soft'->>'value')::DOUBLE AS ged_search_soft_value,
        (i->'ged_search_graph_soft'->>'normalized')::DOUBLE AS ged_search_soft_norm, {efficiency('i')}, i AS intervention_json, f.rel_path
        FROM (SELECT filename, t->>'name' AS theorem, unnest(from_json(t->'interventions', '["JSON"]')) AS i FROM summaries) s JOIN lake_files f USING (filename)""")
    con.execute("DROP TABLE summaries")
make("theorem_variant_metrics", "metrics", f"""SELECT {WHERE}, f.v.variant AS variant,
    {columns('trajectory', ('total_iterations', 'backtrack_count', 'max_depth_reached', 'depth_at_solution', 'unique_goals_visited', 'tactic_diversity'), 'BIGINT')},
    {columns('detour', ('total_iterations', 'total_attempts', 'success_count', 'failure_count', 'blocked_count', 'max_depth', 'depth_at_solution', 'terminal_iteration'), 'BIGINT')},
    {columns('detour', ('failure_ratio',), 'DOUBLE')}, {columns('proof_term', ('node_count', 'depth', 'width'), 'BIGINT')}, json_array_length(json->'solution_path') AS solution_path_len,
    json->>'tactic_fingerprint' AS tactic_fingerprint, json->'root_goal_sigs' AS root_goal_sigs, json AS metrics_json FROM {OBJECTS} JOIN lake_files f USING (filename)""")
make("theorem_intervention_comparison", "comparison", f"""SELECT {WHERE}, f.v.variant AS intervention, (json->>'solved')::BOOLEAN AS solved, json->>'status' AS status, json->'blocked' AS blocked,
    json->>'wild_type_hash' AS wild_type_hash, json->>'intervention_hash' AS intervention_hash, (json->>'hash_mismatch')::BOOLEAN AS hash_mismatch, json_array_length(json->'axiom_delta') AS axiom_delta_count,
    json_array_length(json->'axiom_removed') AS axiom_removed_count, (json->'trajectory_diff'->>'iteration_diff')::BIGINT AS trajectory_iteration_diff,
    (json->'trajectory_diff'->>'backtrack_diff')::BIGINT AS trajectory_backtrack_diff, {', '.join(distance(short) for short in ('search', 'search_soft', 'proof', 'trace'))}, json AS comparison_json
    FROM {OBJECTS} JOIN lake_files f USING (filename)""")
make("graphs", "graph", f"SELECT filename, coalesce(json->>'graph_family', json->>'graph_kind') AS kind, json->'nodes' AS nodes, json->'edges' AS edges FROM {OBJECTS}")
if files.get("graph"):
    con.execute(f"""CREATE TABLE graph_nodes AS SELECT {WHERE}, coalesce(n->>'id', n->>0) AS node_id, f.v.variant AS variant, kind AS graph_kind,
        coalesce(n->>'goal_sig', n->1->>'goal_sig') AS goal_sig, coalesce(n->>'in_proof', n->1->>'in_proof')::BOOLEAN AS in_proof, n AS attrs_json, f.digest AS source_sha256
        FROM (SELECT filename, kind, unnest(from_json(nodes, '["JSON"]')) AS n FROM graphs) JOIN lake_files f USING (filename)""")
    con.execute(f"""CREATE TABLE graph_edges AS SELECT {WHERE}, edge_idx, f.v.variant AS variant, kind AS graph_kind, coalesce(e->>'source', e->>'src') AS src_node_id,
        coalesce(e->>'target', e->>'dst') AS dst_node_id, coalesce(e->>'tactic', e->>'tactic_norm', e->>'action_norm') AS tactic, coalesce(e->>'tactic_family', e->>'action_family') AS tactic_family,
        (e->>'in_proof')::BOOLEAN AS in_proof, e AS attrs_json, f.digest AS source_sha256
        FROM (SELECT filename, kind, unnest(es) AS e, generate_subscripts(es, 1) - 1 AS edge_idx FROM (SELECT filename, kind, from_json(edges, '["JSON"]') AS es FROM graphs)) JOIN lake_files f USING (filename)""")
    con.execute("DROP TABLE graphs")
make("tree", "mcts_tree", f"""SELECT filename, e.key AS mvar_id, e.value AS n FROM (SELECT filename, unnest(map_entries(from_json(json->'nodes', '"MAP(VARCHAR,JSON)"'))) AS e FROM {OBJECTS})""")
if files.get("mcts_tree"):
    con.execute(f"""CREATE TABLE mcts_tree_nodes AS SELECT {WHERE}, mvar_id, f.v.variant AS variant, n->>'goal_type' AS goal_type, n->>'goal_sig' AS goal_sig, (n->>'depth')::BIGINT AS depth,
        (n->>'visit_count')::BIGINT AS visit_count, (n->>'success_count')::BIGINT AS success_count, (n->>'is_terminal')::BOOLEAN AS is_terminal, (n->>'is_dead')::BOOLEAN AS is_dead,
        (n->>'expansion_order')::BIGINT AS expansion_order, f.digest AS source_sha256 FROM tree JOIN lake_files f USING (filename)""")
    con.execute(f"""CREATE TABLE mcts_tree_edges AS SELECT {WHERE}, parent AS parent_mvar_id, unnest(c.value) AS child_mvar_id, c.key AS tactic
        FROM (SELECT filename, mvar_id AS parent, unnest(map_entries(from_json(n->'children', '"MAP(VARCHAR,VARCHAR[])"'))) AS c FROM tree) JOIN lake_files f USING (filename)""")
    con.execute("DROP TABLE tree")
make("traces", "mcts_trace", f"""SELECT filename, count(*) AS line_count, count(*) FILTER (event = 'iteration') AS iteration_event_count, count(*) FILTER (event = 'tactic_attempt') AS tactic_attempt_event_count,
    count(*) FILTER (event = 'abort') AS aborts, max(iteration) AS max_iteration, count(DISTINCT mvar) AS unique_mvar_count, sum(candidates) AS candidate_total, max(candidates) AS candidate_max
    FROM (SELECT filename, json->>'event' AS event, (json->>'iteration')::BIGINT AS iteration, json->'node'->>'mvar_id' AS mvar,
          CASE WHEN (json->>'event') = 'iteration' THEN json_array_length(json->'tactics') END AS candidates FROM {LINES}) GROUP BY 1""")
if files.get("mcts_trace"):
    con.execute(f"CREATE TABLE mcts_trace_stats AS SELECT {WHERE}, f.v.variant AS variant, f.digest AS source_sha256, t.* EXCLUDE (filename) FROM traces t JOIN lake_files f USING (filename)")
    con.execute("DROP TABLE traces")
make("outcomes", "goal_cache", f"""SELECT filename, sig, g.key::INTEGER AS family_idx, sum(len(g.value)) AS attempts, sum(len(list_filter(g.value, lambda x: x))) AS successes
    FROM (SELECT filename, sig, unnest(map_entries(from_json(m.value->'outcomes', '"MAP(VARCHAR,BOOLEAN[])"'))) AS g
          FROM (SELECT filename, e.key AS sig, unnest(map_entries(from_json(e.value->'occurrences', '"MAP(VARCHAR,JSON)"'))) AS m
                FROM (SELECT filename, unnest(map_entries(from_json(json->'entries', '"MAP(VARCHAR,JSON)"'))) AS e FROM {OBJECTS}))) GROUP BY ALL""")
if files.get("goal_cache"):
    con.execute("CREATE TABLE goal_outcome_sig_family AS SELECT f.run_key, sig AS goal_sig, family_idx, attempts, successes, f.rel_path FROM outcomes JOIN lake_files f USING (filename)")
    con.execute("CREATE TABLE goal_outcome_global_family AS SELECT run_key, family_idx, sum(attempts) AS attempts, sum(successes) AS successes FROM goal_outcome_sig_family GROUP BY ALL")
    con.execute("DROP TABLE outcomes")
con.execute("CHECKPOINT")
took, processors = time.perf_counter() - began, time.process_time() - of_processors
counts = {name: con.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
print(json.dumps({"seconds": took, "processors": processors, "rows": counts}))
