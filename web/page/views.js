// SPDX-License-Identifier: Apache-2.0
// The views: overview, runs, map of providers and theorems, distributions, graphs. Each makes its element out of the model and the state in the address.
'use strict';
(function (RL) {
  const { el } = RL;
  const section = (title, ...content) => el('section', { class: 'card' }, el('h2', {}, title), content);
  const note = (...content) => el('p', { class: 'note' }, content);

  // Told wherever what is shown rests on less than everything; with a server the rest can be read.
  function missing(model, ...names) {
    const short = names.map((name) => model.table(name)).filter((table) => table && table.kept < table.rows);
    if (short.length === 0) { return null; }
    const said = el('span', { role: 'status' });
    const read = async (event) => {
      event.target.disabled = true;
      said.textContent = ' Reading…';
      try { await RL.fillTables(short); } catch (error) { said.textContent = ` They can’t be read: ${error.message}`; event.target.disabled = false; }
    };
    return note('Of ', short.map((table, i) => [i > 0 ? ', ' : '', el('b', {}, table.name), ` ${RL.number(table.kept)} of ${RL.number(table.rows)} rows`]), ' are in the page (', short[0].why, '). What is shown rests on these. ',
      RL.hasServer() && short.every((table) => table.file) ? [el('button', { type: 'button', id: 'read-all', onclick: read }, 'Read all rows'), said] : null);
  }
  function narrowed(model) { return model.isNarrowed() ? note(`Of ${RL.plural(model.runs.length, 'run')} the filters leave ${RL.number(model.chosen.length)}.`) : null; }

  // --- Overview ---
  function figure(value, text) { return el('div', { class: 'figure' }, el('b', {}, value), el('span', {}, text)); }
  function agreement(model, by) {
    // Per group and theorem: solved in most of its runs?
    const votes = new Map();
    model.each(model.wild, (i) => {
      const solved = model.wild.solved[i];
      if (Number.isNaN(solved) || model.wild.theorem[i] < 0) { return; }
      const group = model.group(model.runs[model.wild.run[i]], by);
      if (!votes.has(group)) { votes.set(group, new Map()); }
      const of = votes.get(group); const one = of.get(model.wild.theorem[i]) || [0, 0];
      one[0] += solved; one[1] += 1;
      of.set(model.wild.theorem[i], one);
    });
    const groups = [...votes.keys()].sort(RL.compare);
    const pair = (a, b) => {
      let same = 0; let both = 0;
      for (const [theorem, [solved, runs]] of votes.get(a)) {
        const other = votes.get(b).get(theorem);
        if (other) { both += 1; same += (solved * 2 >= runs) === (other[0] * 2 >= other[1]) ? 1 : 0; }
      }
      return both === 0 ? null : { value: same / both, count: both };
    };
    return { groups, pair };
  }
  RL.viewOverview = (model, state) => {
    const runs = model.chosen.map((i) => model.runs[i]);
    const theorems = new Set(); let tried = 0; let solved = 0; const values = [];
    model.each(model.wild, (i) => {
      theorems.add(model.wild.theorem[i]);
      if (!Number.isNaN(model.wild.solved[i])) { tried += 1; solved += model.wild.solved[i]; }
      if (!Number.isNaN(model.wild.k[i])) { values.push(model.wild.k[i]); }
    });
    const by = RL.facets.includes(state.by) ? state.by : 'provider';
    const groups = new Map();
    for (const run of runs) {
      const name = model.group(run, by); const one = groups.get(name) || { name, successes: 0, trials: 0 };
      one.successes += run.solved; one.trials += run.known;
      groups.set(name, one);
    }
    const rows = [...groups.values()].filter((row) => row.trials > 0).sort((a, b) => b.successes / b.trials - a.successes / a.trials || RL.compare(a.name, b.name));
    const agreed = agreement(model, by);
    const types = tacticMap(model);
    return [narrowed(model), missing(model, 'runs', 'theorem_wild'),
      el('div', { class: 'figures-row' }, figure(RL.number(runs.length), runs.length === 1 ? 'run' : 'runs'), figure(RL.number(theorems.size), 'theorems'), figure(RL.number(tried), 'searches'),
        figure(tried > 0 ? RL.percent(solved / tried) : '–', 'solved'), figure(values.length > 0 ? RL.number(RL.mean(values), 2) : '–', 'mean K')),
      el('div', { class: 'by' }, RL.labelled('Compare by', RL.select(RL.facets.map((facet) => [facet, facet]), by, (value) => RL.go({ by: value }), { id: 'by' }))),
      el('div', { class: 'columns' },
        el('div', { class: 'stack' },
          section(`Solved, by ${by}`, rows.length === 0 ? el('p', { class: 'empty' }, 'No results of theorems.') : RL.shares({ title: `Share of searches solved, by ${by}`, rows: rows.slice(0, 30) }),
            rows.length > 30 ? note(`The first 30 of ${rows.length}.`) : null),
          agreed.groups.length > 1 && agreed.groups.length <= 24 ? section(`Agreement, by ${by}`,
            note('Of the theorems that both tried, the share that most runs of both solved, or most of both did not.'),
            RL.heat({ caption: `Agreement between each two, by ${by}`, corner: by, rows: agreed.groups.map((name) => ({ name })), columns: agreed.groups.map((name) => ({ name })), cell: (a, b) => agreed.pair(a.name, b.name), scale: [0, 1, 'sequence'], show: RL.percent, of: 'theorem' })) : null),
        section('K: how much better than a blind search', RL.histogram({ title: 'K of searches without intervention', unit: 'K = log₁₀(attempts of a blind search ÷ attempts made); above 0 is better than blind, 0.3 is twice as good', groups: [{ name: '', values }] }))),
      types ? section('Which tactics close which goals', note(`Share of attempts that succeeded; the ${types.rows.length} kinds of goals with most attempts.`), RL.heat(types)) : null];
  };
  function tacticMap(model) {
    const table = model.table('goal_type_tactic');
    if (!table || table.kept === 0) { return null; }
    const at = Object.fromEntries(['run_uid', 'goal_type', 'tactic_family', 'success', 'failure', 'blocked'].map((name) => [name, table.at(name)]));
    const cells = new Map(); const goals = new Map(); const families = new Set();
    for (let i = 0; i < table.kept; i += 1) {
      const run = model.place.get(at.run_uid(i));
      if (run === undefined || !model.isChosen[run]) { continue; }
      const goal = at.goal_type(i); const family = at.tactic_family(i) ?? '(none)';
      const attempts = (at.success(i) || 0) + (at.failure(i) || 0);
      const key = JSON.stringify([goal, family]); const one = cells.get(key) || [0, 0];
      one[0] += at.success(i) || 0; one[1] += attempts;
      cells.set(key, one); families.add(family);
      goals.set(goal, (goals.get(goal) || 0) + attempts);
    }
    if (goals.size === 0) { return null; }
    const rows = [...goals].sort((a, b) => b[1] - a[1] || RL.compare(a[0], b[0])).slice(0, 20).map(([name]) => ({ name: name ?? '(none)', key: name }));
    const columns = [...families].sort(RL.compare).slice(0, 16).map((name) => ({ name }));
    return { caption: 'Share of attempts that succeeded, by kind of goal and family of tactics', corner: 'Goal', of: 'attempt', rows, columns, scale: [0, 1, 'sequence'], show: RL.percent,
      cell: (row, column) => { const one = cells.get(JSON.stringify([row.key, column.name])); return one && one[1] > 0 ? { value: one[0] / one[1], count: one[1] } : null; } };
  }

  // --- Runs ---
  const runColumns = (state) => [
    { key: 'run_id', title: 'Run', isLine: true, value: (run) => run.label, show: (run) => el('a', { href: `#view=runs&run=${run.uid}`, 'data-uid': run.uid }, run.label) },
    { key: 'provider', title: 'Provider', value: (run) => run.provider },
    { key: 'backend', title: 'Backend', value: (run) => run.backend },
    { key: 'mode', title: 'Mode', value: (run) => run.mode },
    { key: 'corpus', title: 'Corpus', value: (run) => run.corpus },
    { key: 'tried', title: 'Theorems', isNumber: true, value: (run) => run.tried || run.theorem_count, help: 'Theorems tried' },
    { key: 'rate', title: 'Solved', isNumber: true, value: (run) => run.rate, show: (run) => RL.percent(run.rate) },
    { key: 'intervention_solve_rate', title: 'With intervention', isNumber: true, value: (run) => run.intervention_solve_rate, show: (run) => RL.percent(run.intervention_solve_rate), help: 'Share solved with a tactic blocked' },
    { key: 'crashed_count', title: 'Crashed', isNumber: true, value: (run) => run.crashed_count },
    { key: 'created_at', title: 'Created', isLine: true, value: (run) => run.created_at, show: (run) => (run.created_at ?? '–').replace('T', ' ') },
    { key: 'method', title: 'Method', value: (run) => run.config_whitelist_hash, show: (run) => el('span', { class: 'mono', title: run.config_whitelist_hash }, RL.short(run.config_whitelist_hash || '–', 8)), help: 'Equal for runs of one method' },
  ];
  RL.viewRuns = (model, state) => {
    const run = state.run ? model.runs[model.place.get(state.run)] : null;
    if (state.run && !run) { return [el('p', { class: 'empty' }, 'The page has no run of that id.'), el('a', { href: '#view=runs' }, 'All runs')]; }
    if (run) { return oneRun(model, run); }
    return [narrowed(model), missing(model, 'runs'),
      RL.grid({ caption: 'Runs', columns: runColumns(state), rows: model.chosen.map((i) => model.runs[i]), sort: [state.sort || 'run_id', state.down ? -1 : 1], pageSize: 100, empty: 'No run passes the filters.',
        onSort: (key, direction) => RL.note({ sort: key, down: direction < 0 ? '1' : '' }) })];
  };
  function oneRun(model, run) {
    const place = model.place.get(run.uid);
    const rows = [];
    const { wild, blocked } = model;
    const interventions = new Map();
    for (let i = 0; i < blocked.count; i += 1) {
      if (blocked.run[i] !== place) { continue; }
      const list = interventions.get(blocked.theorem[i]) || []; list.push(i);
      interventions.set(blocked.theorem[i], list);
    }
    for (let i = 0; i < wild.count; i += 1) {
      if (wild.run[i] !== place) { continue; }
      const list = interventions.get(wild.theorem[i]) || [];
      rows.push({ theorem: model.theorems[wild.theorem[i]], solved: wild.solved[i], iterations: wild.iterations[i], k: wild.k[i], tried: list.length, held: list.filter((j) => blocked.solved[j] === 1).length, ged: RL.mean(list.map((j) => blocked.ged[j])) });
    }
    const yes = (value) => (Number.isNaN(value) ? '–' : value === 1 ? el('span', { class: 'good' }, 'solved') : el('span', { class: 'bad' }, 'not solved'));
    const same = model.runs.filter((other) => other !== run && other.config_whitelist_hash && other.config_whitelist_hash === run.config_whitelist_hash);
    return [el('p', {}, el('a', { href: '#view=runs', class: 'back' }, '← All runs')),
      section(`Run ${run.label}`, el('dl', { class: 'facts' },
        [['Run uid', run.uid], ['Provider', run.provider], ['Backend', run.backend], ['Mode', run.mode], ['Corpus', run.corpus], ['Created', run.created_at], ['Goal signatures', run.goal_sig_scheme], ['Method', run.config_whitelist_hash],
          ['Solved', RL.percent(run.rate)], ['With intervention', RL.percent(run.intervention_solve_rate)], ['Crashed', run.crashed_count]]
          .filter(([, value]) => value !== null && value !== undefined).map(([name, value]) => [el('dt', {}, name), el('dd', { class: String(value).length > 32 ? 'mono' : null }, RL.text(value))])),
        same.length > 0 ? note(`${RL.plural(same.length, 'other run')} of the same method: `, same.slice(0, 8).map((other, i) => [i > 0 ? ', ' : '', el('a', { href: `#view=runs&run=${other.uid}` }, other.label)]), same.length > 8 ? ' …' : '') : null),
      missing(model, 'theorem_wild', 'theorem_intervention'),
      RL.grid({ caption: `Theorems of ${run.label}`, rows, pageSize: 100, sort: ['theorem', 1], empty: 'The page has no results of theorems for this run.', columns: [
        { key: 'theorem', title: 'Theorem', value: (row) => row.theorem, show: (row) => el('a', { href: `#${new URLSearchParams({ view: 'graph', run: run.uid, theorem: row.theorem })}` }, row.theorem) },
        { key: 'solved', title: 'Result', value: (row) => row.solved, show: (row) => yes(row.solved) },
        { key: 'iterations', title: 'Iterations', isNumber: true, value: (row) => row.iterations },
        { key: 'k', title: 'K', isNumber: true, value: (row) => row.k },
        { key: 'tried', title: 'Interventions', isNumber: true, value: (row) => row.tried },
        { key: 'held', title: 'Solved all the same', isNumber: true, value: (row) => row.held },
        { key: 'ged', title: 'Distance', isNumber: true, value: (row) => row.ged, help: 'Mean normalised distance of search graphs' }] })];
  }

  // --- Map ---
  const heatMeasures = {
    solved: { title: 'Share solved', of: (model) => [model.wild, 'solved'], show: RL.percent, scale: () => [0, 1, 'sequence'] },
    k: { title: 'Mean K', of: (model) => [model.wild, 'k'], show: (value) => RL.number(value, 2), scale: (values) => { const far = Math.max(0.1, ...values.map(Math.abs)); return [-far, far, 'diverging']; } },
    iterations: { title: 'Mean iterations', of: (model) => [model.wild, 'iterations'], show: (value) => RL.number(value, 1), scale: (values) => [0, Math.max(1, ...values), 'sequence'] },
    held: { title: 'Share solved with a tactic blocked', of: (model) => [model.blocked, 'solved'], show: RL.percent, scale: () => [0, 1, 'sequence'] },
    ged: { title: 'Mean distance under intervention', of: (model) => [model.blocked, 'ged'], show: (value) => RL.number(value, 2), scale: (values) => [0, Math.max(0.01, ...values), 'sequence'] },
  };
  const mostColumns = 40;
  RL.viewHeat = (model, state) => {
    const measure = heatMeasures[state.measure] ? state.measure : 'solved';
    const by = [...RL.facets, 'run'].includes(state.by) ? state.by : 'provider';
    const order = ['name', 'low', 'high', 'spread'].includes(state.order) ? state.order : 'name';
    const { of, title, show, scale } = heatMeasures[measure];
    const [rows, key] = of(model);
    const sums = new Map(); const columnNames = new Map();
    model.each(rows, (i) => {
      const value = rows[key][i];
      if (rows.theorem[i] < 0) { return; }
      const run = model.runs[rows.run[i]];
      const column = by === 'run' ? run.uid : model.group(run, by);
      columnNames.set(column, by === 'run' ? run.label : column);
      let of_theorem = sums.get(rows.theorem[i]);
      if (!of_theorem) { of_theorem = new Map(); sums.set(rows.theorem[i], of_theorem); }
      const one = of_theorem.get(column) || [0, 0];
      if (!Number.isNaN(value)) { one[0] += value; one[1] += 1; }
      of_theorem.set(column, one);
    });
    const columns = [...columnNames].sort((a, b) => RL.compare(a[1], b[1]) || RL.compare(a[0], b[0])).map(([id, name]) => ({ id, name }));
    const shown = columns.slice(0, mostColumns);
    const words = (state.q || '').toLowerCase();
    const means = []; let list = [];
    for (const [theorem, of_theorem] of sums) {
      const name = model.theorems[theorem];
      if (words && !name.toLowerCase().includes(words)) { continue; }
      const values = [...of_theorem.values()].filter((one) => one[1] > 0).map((one) => one[0] / one[1]);
      for (const value of values) { means.push(value); }
      list.push({ name, cells: of_theorem, mean: RL.mean(values), spread: values.length > 1 ? Math.max(...values) - Math.min(...values) : -1 });
    }
    const orders = { name: () => 0, low: (a, b) => RL.compare(a.mean, b.mean), high: (a, b) => -RL.compare(a.mean, b.mean), spread: (a, b) => b.spread - a.spread };
    list = list.sort((a, b) => orders[order](a, b) || RL.compare(a.name, b.name));
    // A spread of many values at once would not fit on the stack.
    const extremes = [means.reduce((a, b) => Math.min(a, b), Infinity), means.reduce((a, b) => Math.max(a, b), -Infinity)];
    return [narrowed(model), missing(model, rows.table ? rows.table.name : ''),
      el('form', { class: 'controls', onsubmit: (event) => event.preventDefault(), 'aria-label': 'What the map shows' },
        RL.labelled('Shows', RL.select(Object.entries(heatMeasures).map(([id, one]) => [id, one.title]), measure, (value) => RL.go({ measure: value }), { id: 'measure' })),
        RL.labelled('Columns', RL.select([...RL.facets, 'run'].map((name) => [name, name]), by, (value) => RL.go({ by: value }), { id: 'by' })),
        RL.labelled('Order', RL.select([['name', 'by name'], ['low', 'lowest first'], ['high', 'highest first'], ['spread', 'widest apart first']], order, (value) => RL.go({ order: value }), { id: 'order' })),
        RL.labelled('Theorem', el('input', { type: 'search', id: 'q', value: state.q || '', placeholder: 'part of a name', onchange: (event) => RL.go({ q: event.target.value }) }))),
      columns.length > shown.length ? note(`The first ${mostColumns} of ${columns.length} columns: narrow the runs to see others.`) : null,
      list.length === 0 ? el('p', { class: 'empty' }, 'No results of theorems here.')
        : RL.heat({ caption: `${title}, by theorem and ${by}`, corner: 'Theorem', rows: list, columns: shown, scale: scale(means.length > 0 ? extremes : [0, 1]), show,
          cell: (row, column) => { const one = row.cells.get(column.id); return one && one[1] > 0 ? { value: one[0] / one[1], count: one[1] } : null; } })];
  };

  // --- Distributions ---
  const measures = {
    k: ['K without intervention', (model) => [model.wild, 'k'], 'log₁₀ of attempts, blind to made'],
    iterations: ['Iterations until the end', (model) => [model.wild, 'iterations'], 'iterations'],
    bk: ['K with a tactic blocked', (model) => [model.blocked, 'k'], 'log₁₀ of attempts, blind to made'],
    ged: ['Distance of search graphs under intervention', (model) => [model.blocked, 'ged'], '0 is the same graph, 1 shares nothing'],
    soft: ['Soft distance of search graphs', (model) => [model.blocked, 'soft'], '0 is the same graph, 1 shares nothing'],
    refk: ['K against a reference', (model) => [model.scores, 'k'], 'log₁₀ of attempts, blind to made'],
    rate: ['Share solved, a value a run', null, 'share'],
  };
  RL.viewHistogram = (model, state) => {
    const measure = measures[state.measure] ? state.measure : 'k';
    const by = ['', ...RL.facets].includes(state.by ?? '') ? state.by ?? '' : '';
    const [title, of, unit] = measures[measure];
    const groups = new Map();
    const put = (run, value) => {
      const name = by ? model.group(run, by) : '';
      if (!groups.has(name)) { groups.set(name, []); }
      groups.get(name).push(value);
    };
    let table = null;
    if (of) { const [rows, key] = of(model); table = rows.table; model.each(rows, (i) => put(model.runs[rows.run[i]], rows[key][i])); } else { for (const i of model.chosen) { put(model.runs[i], model.runs[i].rate); } }
    const list = [...groups].sort((a, b) => RL.compare(a[0], b[0])).map(([name, values]) => ({ name, values }));
    const most = 8;
    return [narrowed(model), table ? missing(model, table.name) : null,
      el('form', { class: 'controls', onsubmit: (event) => event.preventDefault(), 'aria-label': 'What is counted' },
        RL.labelled('Counts', RL.select(Object.entries(measures).map(([id, one]) => [id, one[0]]), measure, (value) => RL.go({ measure: value }), { id: 'measure' })),
        RL.labelled('Apart by', RL.select([['', 'nothing'], ...RL.facets.map((name) => [name, name])], by, (value) => RL.go({ by: value }), { id: 'by' }))),
      list.length > most ? note(`The first ${most} of ${list.length}: narrow the runs to see others.`) : null,
      section(title, RL.histogram({ title, unit, groups: list.slice(0, most) }))];
  };

  // --- Graphs ---
  const graphKeys = ['run_uid', 'theorem', 'variant', 'graph_kind', 'rel_path'];
  const nameOf = (row) => [row.theorem, row.variant, row.graph_kind].filter(Boolean).join(' · ') || row.rel_path || 'graph';
  const truth = (value) => value === true || value === 1;
  function asGraph(title, nodes, edges) {
    return { title,
      nodes: nodes.map((row) => ({ id: row.node_id ?? row.mvar_id, label: String(row.goal_type || row.goal_sig || row.node_id || row.mvar_id), kind: truth(row.in_proof) ? 'proof' : truth(row.is_terminal) ? 'closed' : truth(row.is_dead) ? 'dead' : '',
        facts: Object.fromEntries(Object.entries(row).filter(([key]) => !['run_uid', 'theorem', 'variant', 'graph_kind', 'rel_path', 'attrs_json', 'source_sha256'].includes(key))) })),
      edges: edges.map((row) => ({ from: row.src_node_id ?? row.parent_mvar_id, to: row.dst_node_id ?? row.child_mvar_id, label: row.tactic || row.tactic_family || '', isProof: truth(row.in_proof) })) };
  }
  RL.viewGraph = (model, state) => {
    const kinds = [['graph', 'graph_nodes', 'graph_edges', 'graphs'], ['tree', 'mcts_tree_nodes', 'mcts_tree_edges', 'search trees']].filter(([, nodes]) => model.table(nodes) && (model.table(nodes).kept > 0 || (RL.hasServer() && model.table(nodes).rows > 0)));
    if (kinds.length === 0) { return [el('p', { class: 'empty' }, 'There are no graphs in the page. Served from a web server, it reads those of the release.')]; }
    const [kind, nodeName, edgeName] = kinds.find(([id]) => id === state.kind) || kinds[0];
    const nodes = model.table(nodeName); const edges = model.table(edgeName);
    const uid = nodes.at('run_uid');
    const holds = new Set();
    for (let i = 0; i < nodes.kept; i += 1) { holds.add(uid(i)); }
    const runs = model.chosen.map((i) => model.runs[i]).filter((run) => RL.hasServer() || holds.has(run.uid));
    if (runs.length === 0) { return [narrowed(model), el('p', { class: 'empty' }, 'The page has no graphs of these runs.')]; }
    const run = runs.find((one) => one.uid === state.run) || runs[0];
    const box = el('div', { 'aria-busy': 'true' }, el('p', { class: 'empty' }, 'Reading…'));
    const choice = el('span');
    show(run).catch((error) => RL.replace(box, el('p', { class: 'problem', role: 'alert' }, `The graphs can’t be read: ${error.message}`))).finally(() => box.removeAttribute('aria-busy'));
    async function show(one) {
      const source = await RL.open(nodes);
      const equal = state.theorem && RL.hasServer() ? { run_uid: one.uid, theorem: state.theorem } : { run_uid: one.uid };
      let rows = await source.where(equal);
      if (rows.length === 0 && equal.theorem) { rows = await source.where({ run_uid: one.uid }); }
      const found = new Map();
      for (const row of rows) {
        const key = graphKeys.slice(1).map((name) => row[name] ?? '').join('\u0000');
        if (!found.has(key)) { found.set(key, []); }
        found.get(key).push(row);
      }
      const list = [...found].sort((a, b) => RL.compare(a[0], b[0]));
      if (list.length === 0) { RL.replace(box, el('p', { class: 'empty' }, 'No graphs of this run.')); return; }
      const wanted = list.findIndex(([key, of]) => (state.graph ? key === state.graph : of[0].theorem === state.theorem));
      const index = Math.max(0, wanted);
      const [, chosen] = list[index];
      const same = (row) => graphKeys.every((name) => (row[name] ?? null) === (chosen[0][name] ?? null));
      const from = edges ? await RL.open(edges) : null;
      const links = from ? (await from.where({ run_uid: one.uid, theorem: chosen[0].theorem })).filter(same) : [];
      const most = 1500;
      RL.replace(choice, RL.labelled('Graph', RL.select(list.map(([, of], i) => [String(i), `${nameOf(of[0])} (${of.length})`]), String(index), (value) => RL.go({ run: one.uid, graph: list[Number(value)][0], theorem: list[Number(value)][1][0].theorem }), { id: 'graph' })));
      RL.replace(box,
        state.theorem && chosen[0].theorem !== state.theorem ? note(`There is no graph of ${state.theorem} here.`) : null,
        chosen.length > most ? note(`It has ${RL.number(chosen.length)} nodes; the first ${most} are drawn.`) : null,
        RL.drawGraph(asGraph(nameOf(chosen[0]), chosen.slice(0, most), links)));
    }
    return [narrowed(model), RL.hasServer() ? null : missing(model, nodeName, edgeName),
      el('div', { class: 'controls' },
        kinds.length > 1 ? RL.labelled('Of', RL.select(kinds.map(([id, , , text]) => [id, text]), kind, (value) => RL.go({ kind: value, graph: '' }), { id: 'kind' })) : null,
        RL.labelled('Run', RL.select(runs.map((one) => [one.uid, one.label]), run.uid, (value) => RL.go({ run: value, graph: '', theorem: '' }), { id: 'run' })), choice), box];
  };
  RL.section = section;
  RL.missing = missing;
  RL.narrowed = narrowed;
  RL.noteText = note;
})(globalThis.RL = globalThis.RL || {});
