// SPDX-License-Identifier: Apache-2.0
// Every dataset of the release: what it is, a chart of it, its rows with a filter. With a server all rows, else those in the page.
'use strict';
(function (RL) {
  const { el } = RL;
  const shownRows = 1000;    // found by a filter at once
  const chartRows = 20480;   // that a chart is made of

  // Kinds of columns out of some rows: what may be counted, compared, placed.
  function kindsOf(columns, rows) {
    return columns.map((name) => {
      const words = new Set(); let numbers = 0; let texts = 0; let truths = 0;
      for (const row of rows) {
        const value = row[name];
        if (typeof value === 'number' || typeof value === 'bigint') { numbers += 1; }
        else if (typeof value === 'boolean') { truths += 1; }
        else if (typeof value === 'string') { texts += 1; if (words.size <= 400) { words.add(value); } }
      }
      const kind = numbers > 0 && texts === 0 ? 'number' : truths > 0 && texts === 0 ? 'truth' : texts > 0 ? 'text' : 'none';
      return { name, kind, words: words.size };
    });
  }
  const isId = (name) => /(_uid|_key|_id|_hash|_idx|_json|sha256)$/.test(name) || name === 'rel_path';

  // The charts with which each dataset of Runlake's own presets begins; the first is shown.
  const presets = {
    runs_overview: [{ id: 'bars', title: 'Mean by provider', a: 'provider', value: 'wild_type_solve_rate' }],
    k_by_theorem: [{ id: 'map', title: 'Map of theorem and provider', a: 'theorem', b: 'provider', value: 'k_mean' }],
    recovery_by_intervention: [{ id: 'map', title: 'Map of intervention and provider', a: 'intervention', b: 'provider', value: 'recovery_rate' }],
    basin_by_theorem: [{ id: 'map', title: 'Map of theorem and provider', a: 'theorem', b: 'provider', value: 'structure_entropy_bits' }],
    reference_k: [{ id: 'histogram', title: 'Distribution', value: 'K', apart: 'in_sample' }, { id: 'scatter', title: 'Against the run’s own', a: 'local_k', value: 'K' }],
    reference_k_summary: [{ id: 'spread', title: 'Mean and spread', keys: ['provider', 'mode', 'of_what'], value: 'k_mean', spread: 'k_std', count: 'valid_rows' }],
    reference_meta: [{ id: 'bars', title: 'By reference', a: 'ref_id', value: 'members' }],
    structure_vs_term: [{ id: 'cross', title: 'Structure against term', a: 'same_structure', b: 'same_term' }],
    provider_theorem: [{ id: 'map', title: 'Map of theorem and provider', a: 'theorem', b: 'provider', value: 'solve_rate' }],
    provider_pairs: [{ id: 'pair', title: 'Map of pairs', a: 'provider_a', b: 'provider_b', value: 'agreement' }],
    goal_tactics: [{ id: 'map', title: 'Map of goals and tactics', a: 'goal_type', b: 'tactic_family', value: 'success_rate' }],
    structure_entropy: [{ id: 'map', title: 'Bits by theorem', a: 'theorem', b: 'of_what', value: 'entropy_bits' }],
    distances_by_intervention: [{ id: 'measures', title: 'Each distance', a: 'intervention', values: ['hard_mean', 'soft_mean', 'path_mean', 'novel_distance_mean'] },
      { id: 'map', title: 'Map of intervention and provider', a: 'intervention', b: 'provider', value: 'soft_mean' }],
    recovery_and_detour: [{ id: 'measures', title: 'Shares', a: 'intervention', values: ['solved_share', 'reconverged_share', 'active_block_share', 'failure_ratio_mean'] },
      { id: 'map', title: 'Map of intervention and provider', a: 'intervention', b: 'provider', value: 'iteration_diff_mean' }],
    convergence: [{ id: 'measures', title: 'Rates', a: 'of_what', values: ['structural_convergence_rate', 'axiom_change_rate', 'term_change_rate'] }],
    k_by_mode: [{ id: 'spread', title: 'Mean and spread', keys: ['provider', 'mode', 'of_what'], value: 'k_mean', spread: 'k_std', count: 'valid_rows' }],
    variant_pairs: [{ id: 'pair', title: 'Map of variants', a: 'variant_a', b: 'variant_b', value: 'distance_mean', both: true }],
    attractors: [{ id: 'map', title: 'Clusters by cut', a: 'theorem', b: 'cut', value: 'clusters_mean' }],
    theorem_wild: [{ id: 'histogram', title: 'Distribution', value: 'k_K' }],
  };
  // What fits any other dataset, by its columns.
  const pairs = [['provider_a', 'provider_b'], ['left_provider', 'right_provider'], ['provider_1', 'provider_2']];
  function suits(dataset, kinds) {
    const has = (name) => kinds.some((one) => one.name === name && one.kind !== 'none');
    const known = (one) => ['a', 'b', 'value', 'spread'].every((role) => !one[role] || has(one[role])) && (!one.values || one.values.some(has));
    const own = Object.hasOwn(presets, dataset) ? presets[dataset].filter(known) : [];
    return [...own, ...byColumns(kinds, has).filter((one) => own.every((other) => other.id !== one.id))];
  }
  function byColumns(kinds, has) {
    const valued = kinds.filter((one) => (one.kind === 'number' || one.kind === 'truth') && !isId(one.name));
    const best = (...names) => names.map((name) => valued.find((one) => one.name === name)).find(Boolean) || valued.find((one) => /rate|mean|share|agree|k$|_K$|^K$/i.test(one.name)) || valued[0];
    const numeric = valued.filter((one) => one.kind === 'number');
    const out = [];
    if (valued.length === 0) { return out; }
    for (const [a, b] of pairs) { if (has(a) && has(b)) { out.push({ id: 'pair', title: 'Map of pairs', a, b, value: best('agreement', 'agree_rate', 'agreement_rate', 'solved_agreement').name }); } }
    const rowName = ['theorem', 'goal_type'].find(has); const columnName = ['provider', 'tactic_family', 'intervention', 'variant', 'run_id'].find((name) => has(name) && kinds.find((one) => one.name === name).words <= 40);
    if (rowName && columnName) { out.push({ id: 'map', title: `Map of ${rowName} and ${columnName}`, a: rowName, b: columnName, value: best('solve_rate', 'solved', 'success_rate', 'recovery_rate', 'mean_k', 'k_mean', 'K', 'k_K').name }); }
    const group = ['provider', 'mode', 'backend', 'corpus', 'family', 'tactic_family', 'intervention', 'status'].find((name) => has(name) && kinds.find((one) => one.name === name).words <= 60);
    if (group) { out.push({ id: 'bars', title: `Mean by ${group}`, a: group, value: best('solve_rate', 'wild_type_solve_rate', 'recovery_rate', 'solved', 'mean_k').name }); }
    if (numeric.length > 0) { out.push({ id: 'histogram', title: 'Distribution', value: numeric.find((one) => /rate|ged|_K$|^K$|mean/i.test(one.name))?.name || numeric[0].name }); }
    if (numeric.length > 1) {
      const x = numeric.find((one) => /ged|structure|norm/.test(one.name)) || numeric[0];
      const y = numeric.find((one) => one !== x && /delta|_K$|^K$|path|soft|rate/.test(one.name)) || numeric.find((one) => one !== x);
      out.push({ id: 'scatter', title: 'Points', a: x.name, value: y.name });
    }
    return out;
  }
  const numberOf = (value) => (value === null || value === undefined ? NaN : Number(value));
  function grouped(rows, keys, value) {
    const cells = new Map();
    for (const row of rows) {
      const key = JSON.stringify(keys.map((name) => row[name] ?? null)); const n = numberOf(row[value]);
      const one = cells.get(key) || [0, 0];
      if (!Number.isNaN(n)) { one[0] += n; one[1] += 1; }
      cells.set(key, one);
    }
    return cells;
  }
  function scaleOf(values) {
    const low = values.reduce((a, b) => Math.min(a, b), Infinity); const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
    if (low < 0) { const far = Math.max(-low, high); return [-far, far, 'diverging']; }
    return [0, high <= 1 ? 1 : high, 'sequence'];
  }
  function chart(name, spec, rows) {
    const words = (value) => (value === null || value === undefined ? '(unknown)' : value === true ? 'yes' : value === false ? 'no' : RL.text(value));
    if (spec.id === 'cross') {
      const counts = new Map();
      for (const row of rows) { const key = JSON.stringify([row[spec.a] ?? null, row[spec.b] ?? null]); counts.set(key, (counts.get(key) || 0) + 1); }
      const list = (column, title) => [...new Set(rows.map((row) => row[column] ?? null))].sort(RL.compare).map((key) => ({ key, name: `${title}: ${words(key)}` }));
      return RL.heat({ caption: `${name}: how many rows have which ${spec.a} and ${spec.b}`, corner: 'Rows', rows: list(spec.a, spec.a), columns: list(spec.b, spec.b), scale: [0, Math.max(1, ...counts.values()), 'sequence'], show: RL.number, of: 'row',
        cell: (row, column) => { const count = counts.get(JSON.stringify([row.key, column.key])) || 0; return { value: count, count }; } });
    }
    if (spec.id === 'measures') {
      // One row a group, a column a measure: all of them from 0 to 1, so that one scale serves.
      const measures = spec.values.filter((value) => rows.some((row) => Object.hasOwn(row, value)));
      const cells = new Map(measures.map((value) => [value, grouped(rows, [spec.a], value)]));
      const list = [...new Set(rows.map((row) => row[spec.a] ?? null))].sort(RL.compare).map((key) => ({ key, name: words(key) }));
      return RL.heat({ caption: `${name}: means of each measure by ${spec.a}`, corner: spec.a, rows: list, columns: measures.map((value) => ({ key: value, name: value.replaceAll('_', ' ') })), scale: [0, 1, 'sequence'], show: (value) => RL.number(value, 3), of: 'row', pageSize: 60,
        cell: (row, column) => { const one = cells.get(column.key).get(JSON.stringify([row.key])); return one && one[1] > 0 ? { value: one[0] / one[1], count: one[1] } : null; } });
    }
    if (spec.id === 'spread') {
      const keys = spec.keys.filter((key) => new Set(rows.map((row) => row[key] ?? null)).size > 1);
      const list = rows.map((row) => ({ name: (keys.length > 0 ? keys : spec.keys.slice(0, 1)).map((key) => words(row[key])).join(' · '), value: numberOf(row[spec.value]), spread: numberOf(row[spec.spread]), count: numberOf(row[spec.count]) }))
        .filter((row) => !Number.isNaN(row.value)).slice(0, 60);
      return RL.spreads({ title: `${name}: ${spec.value} with ${spec.spread} to either side`, rows: list });
    }
    if (spec.id === 'map' || spec.id === 'pair') {
      // A distance is the same both ways.
      const cells = grouped(spec.both ? rows.concat(rows.map((row) => ({ ...row, [spec.a]: row[spec.b], [spec.b]: row[spec.a] }))) : rows, [spec.a, spec.b], spec.value);
      const list = (column) => [...new Set(rows.map((row) => row[column] ?? null))].sort(RL.compare).map((key) => ({ key, name: words(key) }));
      const every = () => [...new Set(rows.flatMap((row) => [row[spec.a] ?? null, row[spec.b] ?? null]))].sort(RL.compare).map((key) => ({ key, name: words(key) }));
      const values = [...cells.values()].filter((one) => one[1] > 0).map((one) => one[0] / one[1]);
      if (values.length === 0) { return el('p', { class: 'empty' }, 'No values.'); }
      return RL.heat({ caption: `${name}: mean ${spec.value} by ${spec.a} and ${spec.b}`, corner: spec.a, rows: spec.both ? every() : list(spec.a), columns: (spec.both ? every() : list(spec.b)).slice(0, 40), scale: scaleOf(values), show: (value) => RL.number(value, 2), pageSize: 60,
        cell: (row, column) => { const one = cells.get(JSON.stringify([row.key, column.key])); return one && one[1] > 0 ? { value: one[0] / one[1], count: one[1] } : null; } });
    }
    if (spec.id === 'bars') {
      const list = [...grouped(rows, [spec.a], spec.value)].filter(([, one]) => one[1] > 0).map(([key, one]) => ({ name: words(JSON.parse(key)[0]), value: one[0] / one[1], count: one[1] })).sort((a, b) => b.value - a.value || RL.compare(a.name, b.name)).slice(0, 40);
      return RL.bars({ title: `${name}: mean ${spec.value} by ${spec.a}`, rows: list });
    }
    if (spec.id === 'histogram') {
      const groups = new Map();
      for (const row of rows) {
        const group = spec.apart && Object.hasOwn(row, spec.apart) ? `${spec.apart.replaceAll('_', ' ')}: ${words(row[spec.apart])}` : '';
        if (!groups.has(group)) { groups.set(group, []); }
        groups.get(group).push(numberOf(row[spec.value]));
      }
      return RL.histogram({ title: `${name}: ${spec.value}`, groups: [...groups].sort((a, b) => RL.compare(a[0], b[0])).map(([group, values]) => ({ name: group, values })) });
    }
    const label = ['theorem', 'run_id', 'provider', 'intervention'];
    return RL.scatter({ title: `${name}: ${spec.a} and ${spec.value}`, xName: spec.a, yName: spec.value, points: rows.map((row) => ({ x: numberOf(row[spec.a]), y: numberOf(row[spec.value]), name: label.map((one) => row[one]).filter(Boolean).join(' · '), group: row.provider ?? row.intervention })) });
  }

  function oneDataset(model, table, state) {
    const box = el('div', { 'aria-busy': 'true' }, el('p', { class: 'empty' }, 'Reading…'));
    let asked = 0;
    const draw = async () => {
      const source = await RL.open(table);
      const sample = await source.range(0, Math.min(chartRows, source.total));
      const kinds = kindsOf(source.columns, sample);
      const charts = suits(table.name, kinds);
      const spec = { ...(charts.find((one) => one.id === state.chart) || charts[0]) };
      const valued = kinds.filter((one) => one.kind === 'number' || (one.kind === 'truth' && ['map', 'pair', 'bars'].includes(spec.id)));
      if (state.value && valued.some((one) => one.name === state.value)) { spec.value = state.value; }
      const shown = (value) => {
        const text = RL.text(value);
        if (/^[0-9a-f]{40,64}$/.test(text)) { return el('span', { class: 'mono', title: text }, RL.short(text, 12)); }
        return text.length > 60 ? el('span', { title: text.slice(0, 2000) }, RL.short(text, 57)) : text;
      };
      const titles = kinds.map((one) => ({ key: one.name, title: one.name, isNumber: one.kind === 'number', isLine: true, value: (row) => row[one.name], show: (row) => shown(row[one.name]) }));
      const rowsBox = el('div');
      const said = el('p', { class: 'note', role: 'status' });
      const showRows = async () => {
        const mine = asked += 1;
        const column = columnChoice.value; const words = text.value.trim().toLowerCase();
        const names = column ? [column] : source.columns;
        const keep = words === '' ? () => true : (row) => names.some((name) => RL.text(row[name]).toLowerCase().includes(words));
        const [rows, looked, isMore] = await RL.scan(source, keep, shownRows, () => mine !== asked, (at, found) => { said.textContent = `Looked at ${RL.number(at)} of ${RL.plural(source.total, 'row')}, found ${RL.number(found)} …`; });
        if (mine !== asked) { return; }
        said.textContent = isMore ? `The first ${RL.plural(rows.length, 'row')}${words ? ' that match, in the first' : ' of'} ${words ? `${RL.number(looked)} of ` : ''}${RL.number(source.total)}.`
          : words ? `${RL.plural(rows.length, 'row')} of ${RL.number(source.total)} match.` : `All ${RL.plural(rows.length, 'row')}${source.partial ? ' that are in the page' : ''}.`;
        RL.replace(rowsBox, RL.grid({ caption: `Rows of ${table.name}`, columns: titles, rows, pageSize: 50, rowHeads: false, empty: 'No row matches.' }));
      };
      const columnChoice = RL.select([['', 'any column'], ...source.columns.map((name) => [name, name])], '', showRows, { id: 'column' });
      const text = el('input', { type: 'search', id: 'words', placeholder: 'part of a value', onchange: showRows });
      RL.replace(box,
        source.problem ? el('p', { class: 'problem', role: 'alert' }, source.problem) : null,
        charts.length === 0 ? null : RL.section('Chart',
          el('div', { class: 'controls' },
            RL.labelled('Form', RL.select(charts.map((one) => [one.id, one.title]), spec.id, (value) => RL.go({ chart: value, value: '' }), { id: 'chart' })),
            ['cross', 'measures', 'spread'].includes(spec.id) ? null : RL.labelled('Of', RL.select(valued.map((one) => [one.name, one.name]), spec.value, (value) => RL.go({ value }), { id: 'value' }))),
          sample.length < table.rows ? RL.noteText(`Of the first ${RL.plural(sample.length, 'row')}.`) : null, chart(table.name, spec, sample)),
        RL.section('Rows', el('form', { class: 'controls', 'aria-label': 'Which rows', onsubmit: (event) => { event.preventDefault(); showRows(); } }, RL.labelled('In', columnChoice), RL.labelled('Contains', text)), said, rowsBox));
      await showRows();
    };
    draw().catch((error) => RL.replace(box, el('p', { class: 'problem', role: 'alert' }, `${table.name} can’t be shown: ${error.message}`))).finally(() => box.removeAttribute('aria-busy'));
    const inPage = table.kept < table.rows && !RL.hasServer() ? RL.noteText(`${RL.number(table.kept)} of ${RL.plural(table.rows, 'row')} are in the page (${table.why}). The file has all of them; served from a web server this page reads it.`) : null;
    return [el('p', {}, el('a', { href: '#view=data', class: 'back' }, '← All datasets')), el('h2', { class: 'mono' }, table.name),
      el('p', {}, table.help, ' ', RL.plural(table.rows, 'row'), '. ', table.file ? el('a', { href: table.file, download: '' }, table.file) : null), inPage, box];
  }

  RL.viewData = (model, state) => {
    const table = state.dataset ? model.table(state.dataset) : null;
    if (table) { return oneDataset(model, table, state); }
    const rows = [...model.tables.values()];
    return [state.dataset ? RL.noteText(`There is no dataset ${state.dataset}.`) : null,
      RL.hasServer() ? RL.noteText('Served from a web server: every row is read out of the files of the release as it is needed.') : RL.noteText('Opened from a folder: a browser lets no page read files there, so this shows what is in the page itself.'),
      RL.grid({ caption: 'Datasets', rows, pageSize: 100, columns: [
        { key: 'name', title: 'Dataset', value: (one) => one.name, show: (one) => el('a', { href: `#${new URLSearchParams({ view: 'data', dataset: one.name })}`, class: 'mono' }, one.name) },
        { key: 'rows', title: 'Rows', isNumber: true, value: (one) => one.rows },
        { key: 'kept', title: 'In the page', isNumber: true, value: (one) => one.kept, show: (one) => (one.kept === one.rows ? 'all' : RL.number(one.kept)) },
        { key: 'why', title: 'Why not all', value: (one) => one.why, show: (one) => one.why || '' },
        { key: 'help', title: 'What its rows are', value: (one) => one.help, show: (one) => one.help || '–' },
        { key: 'file', title: 'File', value: (one) => one.file, show: (one) => (one.file ? el('a', { href: one.file, download: '' }, one.file) : '–') }] })];
  };
})(globalThis.RL = globalThis.RL || {});
