// SPDX-License-Identifier: Apache-2.0
// The data that stand in the page, as columns; and out of them runs, theorems and results, with the runs that the filters leave.
'use strict';
(function (RL) {
  // A table as data.js has it: texts as numbers into a list of words, everything else as it is.
  class Table {
    constructor(raw) {
      Object.assign(this, { name: raw.name, help: raw.help || '', file: raw.file || '', rows: raw.rows, kept: raw.kept, why: raw.why || '' });
      this.columns = raw.columns;
      this.index = new Map(raw.columns.map((column) => [column.name, column]));
    }
    has(name) { return this.index.has(name); }
    // A function from row to value; of a column that is not there, nothing.
    at(name) {
      const column = this.index.get(name);
      if (!column) { return () => null; }
      if (!column.words) { return (row) => column.values[row]; }
      return (row) => { const word = column.values[row]; return word === null ? null : column.words[word]; };
    }
    row(i) { return Object.fromEntries(this.columns.map((column) => [column.name, this.at(column.name)(i)])); }
  }

  const numbers = (table, name) => {
    const value = table.at(name);
    // JSON has no NaN: what is missing is null.
    return Float64Array.from({ length: table.kept }, (_, i) => { const one = value(i); return one === null || one === undefined ? NaN : Number(one); });
  };
  // Positions of a text column's values in a shared list, which grows.
  const places = (table, name, list, map) => {
    const column = table.index.get(name);
    const out = new Int32Array(table.kept).fill(-1);
    if (!column) { return out; }
    const place = (word) => {
      if (!map.has(word)) { map.set(word, list.length); list.push(word); }
      return map.get(word);
    };
    const of = column.words ? column.words.map((word) => place(word)) : null;
    for (let i = 0; i < out.length; i += 1) {
      const value = column.values[i];
      if (value !== null && value !== undefined) { out[i] = of ? of[value] : place(String(value)); }
    }
    return out;
  };

  const facets = ['provider', 'backend', 'mode', 'corpus'];
  const runColumns = ['run_id', ...facets, 'created_at', 'goal_sig_scheme', 'config_whitelist_hash', 'config_full_hash'];
  const aggregateColumns = ['theorem_count', 'crashed_count', 'wild_type_solve_rate', 'intervention_count', 'intervention_solve_rate'];

  class Model {
    constructor(data) {
      this.data = data;
      this.tables = new Map(data.tables.map((raw) => [raw.name, new Table(raw)]));
      this.runs = [];
      this.place = new Map();   // run_uid -> position in runs
      this.theorems = [];
      this.theoremPlace = new Map();
      this.readRuns();
      this.wild = this.readWild();
      this.blocked = this.readBlocked();
      this.scores = this.readScores();
      this.prefix = 'f.';
      this.filterKeys = ['text', 'least', ...facets];
      this.filters = Object.fromEntries(this.filterKeys.map((key) => [key, '']));
      this.select();
      this.all = new RL.AllRuns(this.table('all_runs'));
    }
    table(name) { return this.tables.get(name); }

    readRuns() {
      const table = this.table('runs');
      if (!table || !table.has('run_uid')) { return; }
      const of = Object.fromEntries(['run_uid', ...runColumns].map((name) => [name, table.at(name)]));
      for (let i = 0; i < table.kept; i += 1) {
        const run = { uid: of.run_uid(i), solved: 0, known: 0, tried: 0 };
        for (const name of runColumns) { run[name] = of[name](i) ?? null; }
        run.label = run.run_id || RL.short(run.uid, 16);
        this.place.set(run.uid, this.runs.length);
        this.runs.push(run);
      }
      const aggregates = this.table('run_aggregates');
      if (!aggregates) { return; }
      const uid = aggregates.at('run_uid');
      for (let i = 0; i < aggregates.kept; i += 1) {
        const run = this.runs[this.place.get(uid(i))];
        if (run) { for (const name of aggregateColumns) { run[name] = aggregates.at(name)(i) ?? null; } }
      }
    }

    // Rows of a table with a run and a theorem, as columns of numbers.
    rowsOf(name, measures) {
      const table = this.table(name);
      if (!table || !table.has('theorem')) { return { count: 0, kept: 0, rows: 0, run: new Int32Array(0), theorem: new Int32Array(0), ...Object.fromEntries(measures.map(([key]) => [key, new Float64Array(0)])) }; }
      const uids = []; const byUid = new Map();
      const raw = places(table, 'run_uid', uids, byUid);
      const run = raw.map((place) => (place < 0 ? -1 : this.place.get(uids[place]) ?? -1));
      const out = { count: table.kept, rows: table.rows, table, run, theorem: places(table, 'theorem', this.theorems, this.theoremPlace) };
      for (const [key, column] of measures) { out[key] = numbers(table, column); }
      return out;
    }
    readWild() {
      const wild = this.rowsOf('theorem_wild', [['solved', 'solved'], ['iterations', 'iterations'], ['k', 'k_K']]);
      for (let i = 0; i < wild.count; i += 1) {
        const run = this.runs[wild.run[i]];
        if (!run) { continue; }
        run.tried += 1;
        if (!Number.isNaN(wild.solved[i])) { run.known += 1; run.solved += wild.solved[i]; }
      }
      for (const run of this.runs) { run.rate = run.known > 0 ? run.solved / run.known : run.wild_type_solve_rate ?? NaN; }
      return wild;
    }
    readBlocked() {
      const rows = this.rowsOf('theorem_intervention', [['solved', 'solved'], ['control', 'is_control'], ['baseline', 'baseline_solved'], ['ged', 'ged_search_norm'], ['soft', 'ged_search_soft_norm'], ['k', 'k_K']]);
      rows.names = []; rows.name = rows.table ? places(rows.table, 'intervention', rows.names, new Map()) : new Int32Array(0);
      return rows;
    }
    readScores() { return this.rowsOf('k_reference_score', [['k', 'K'], ['valid', 'valid']]); }

    // --- Which runs ---
    facetValues(facet) {
      const counts = new Map();
      for (const run of this.runs) { counts.set(run[facet] ?? '', (counts.get(run[facet] ?? '') || 0) + 1); }
      return [...counts].sort((a, b) => RL.compare(a[0], b[0]));
    }
    select() {
      const { text, least } = this.filters;
      const words = text.toLowerCase().split(/\s+/).filter(Boolean);
      const bound = least === '' ? -1 : Number(least) / 100;
      this.isChosen = new Uint8Array(this.runs.length);
      this.chosen = [];
      this.runs.forEach((run, i) => {
        if (facets.some((facet) => this.filters[facet] !== '' && `=${run[facet] ?? ''}` !== this.filters[facet])) { return; }
        if (bound >= 0 && !(run.rate >= bound)) { return; }
        const hay = [run.run_id, run.uid, ...facets.map((facet) => run[facet])].join(' ').toLowerCase();
        if (!words.every((word) => hay.includes(word))) { return; }
        this.isChosen[i] = 1;
        this.chosen.push(i);
      });
    }
    controls(change) {
      return [
        RL.labelled('Search', RL.el('input', { type: 'search', id: 'f-text', value: this.filters.text, placeholder: 'part of id, provider, …', onchange: (event) => change('text')(event.target.value) })),
        facets.map((facet) => {
          const values = this.facetValues(facet);
          return values.length < 2 ? null : RL.labelled(facet, RL.select([['', `all ${values.length}`], ...values.map(([value, count]) => [`=${value}`, `${value || '(none)'} (${count})`])], this.filters[facet], change(facet), { id: `f-${facet}` }));
        }),
        RL.labelled('Solved at least', RL.select([['', 'any'], ...[10, 25, 50, 75, 90, 100].map((n) => [String(n), `${n}\u202f%`])], this.filters.least, change('least'), { id: 'f-least' }))];
    }
    // Calls with the row of each result whose run is chosen.
    each(rows, call) { for (let i = 0; i < rows.count; i += 1) { if (rows.run[i] >= 0 && this.isChosen[rows.run[i]]) { call(i); } } }
    isNarrowed() { return this.chosen.length !== this.runs.length; }
    group(run, by) { return by === 'run' ? run.label : run[by] ?? '(none)'; }
  }

  RL.Table = Table;
  RL.Model = Model;
  RL.facets = facets;
})(globalThis.RL = globalThis.RL || {});
