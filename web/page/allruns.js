// SPDX-License-Identifier: Apache-2.0
// Runs of every source (dataset all_runs): which fields they have, filters over these, the table of runs, one of them, and how parameters and metrics are distributed.
'use strict';
(function (RL) {
  const { el } = RL;
  const mostColumns = 40; const mostFilters = 6; const mostWords = 24; const mostGroups = 8;

  // Parameters and metrics come as a text of JSON out of the page, and as a value out of a file.
  const valuesOf = (value) => {
    const read = typeof value === 'string' ? JSON.parse(value) : value;
    return new Map(read && typeof read === 'object' ? Object.entries(read) : []);
  };
  const timeOf = (value) => (value instanceof Date ? value.toISOString().replace('T', ' ').replace(/\.?0+Z$/, '').replace('Z', '') : value ?? null);
  const millisOf = (text) => (text === null ? NaN : Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text.replace(' ', 'T')}Z`));
  const isMissing = (value) => value === null || value === undefined || value === '';
  // How Python and others write that there is no number.
  const isNothing = (value) => isMissing(value) || /^(none|null|nan|n\/a)$/i.test(value);
  // Many tools keep numbers as texts.
  const numberOf = (value) => {
    if (typeof value === 'number') { return value; }
    if (typeof value !== 'string' || !/^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(value)) { return NaN; }
    return Number(value);
  };
  const wordOf = (value) => (isMissing(value) ? '(none)' : typeof value === 'object' ? JSON.stringify(value) : String(value));

  // What runs can be told apart by. group: '' of the run itself, p a parameter, m a metric.
  function field(group, name, of) { return { key: group === '' ? name.toLowerCase() : `${group}:${name}`, group, title: name, of, number: (run) => numberOf(of(run)) }; }
  function judged(one, runs) {
    const words = new Set(); let numbers = 0; let texts = 0; let present = 0; let longest = 0;
    for (const run of runs) {
      const value = one.of(run); const word = wordOf(value);
      words.add(word);
      longest = Math.max(longest, word.length);
      if (!isMissing(value)) { present += 1; }
      if (!Number.isNaN(one.number(run))) { numbers += 1; } else if (!isNothing(value)) { texts += 1; }
    }
    return { ...one, words: words.size, isNumber: numbers > 0 && texts === 0, differs: words.size > 1, present, longest };
  }
  // What most runs have comes first; parameters before metrics.
  const byPresence = (a, b) => (b.group === '') - (a.group === '') || b.present - a.present || RL.compare(b.group, a.group) || RL.compare(a.title, b.title);

  class AllRuns {
    constructor(table) {
      this.runs = [];
      this.place = new Map();
      this.prefix = 'g.';
      if (table && table.has('run_uid')) { this.read(table); }
      const own = [field('', 'Source', (run) => run.source), field('', 'State', (run) => run.state), field('', 'Seconds', (run) => run.seconds)];
      const named = (group, member) => [...new Set(this.runs.flatMap((run) => [...run[member].keys()]))].sort(RL.compare).map((name) => field(group, name, (run) => run[member].get(name)));
      this.fields = [...own, ...named('p', 'params'), ...named('m', 'metrics')].map((one) => judged(one, this.runs));
      this.facets = [this.field('source'), this.field('state'), ...this.fields.filter((one) => one.group === 'p' && one.differs && one.words <= mostWords && one.longest <= 40).sort(byPresence).slice(0, mostFilters)];
      this.filterKeys = ['text', 'of', 'from', 'to', ...this.facets.map((one) => one.key)];
      this.filters = Object.fromEntries(this.filterKeys.map((key) => [key, '']));
      this.select();
    }
    read(table) {
      const at = Object.fromEntries(['run_uid', 'source', 'run_id', 'name', 'state', 'started_at', 'finished_at', 'params', 'metrics'].map((name) => [name, table.at(name)]));
      for (let i = 0; i < table.kept; i += 1) {
        const run = { uid: at.run_uid(i), source: at.source(i), run_id: at.run_id(i), name: at.name(i), state: at.state(i), started: timeOf(at.started_at(i)), finished: timeOf(at.finished_at(i)), params: valuesOf(at.params(i)), metrics: valuesOf(at.metrics(i)) };
        const millis = millisOf(run.finished) - millisOf(run.started);
        run.seconds = Number.isNaN(millis) ? null : millis / 1000;
        run.label = run.name || run.run_id || RL.short(run.uid, 16);
        this.place.set(run.uid, this.runs.length);
        this.runs.push(run);
      }
    }
    field(key) { return this.fields.find((one) => one.key === key); }
    isNarrowed() { return this.chosen.length !== this.runs.length; }

    select() {
      const words = this.filters.text.toLowerCase().split(/\s+/).filter(Boolean);
      const of = this.field(this.filters.of); const from = numberOf(this.filters.from); const to = numberOf(this.filters.to);
      this.chosen = [];
      this.runs.forEach((run, i) => {
        if (this.facets.some((facet) => this.filters[facet.key] !== '' && `=${wordOf(facet.of(run))}` !== this.filters[facet.key])) { return; }
        if (of && (!Number.isNaN(from) || !Number.isNaN(to))) {
          const value = of.number(run);
          if (Number.isNaN(value) || value < from || value > to) { return; }
        }
        const hay = [run.source, run.run_id, run.name, run.state, ...[...run.params].flat()].join(' ').toLowerCase();
        if (words.every((word) => hay.includes(word) || run.uid.startsWith(word))) { this.chosen.push(i); }
      });
    }
    chosenRuns() { return this.chosen.map((i) => this.runs[i]); }

    controls(change) {
      const numbers = this.fields.filter((one) => one.isNumber);
      const bound = (key, title) => RL.labelled(title, el('input', { type: 'number', step: 'any', id: `g-${key}`, value: this.filters[key], onchange: (event) => change(key)(event.target.value) }));
      return [
        RL.labelled('Search', el('input', { type: 'search', id: 'g-text', value: this.filters.text, placeholder: 'part of id, name, parameter, …', onchange: (event) => change('text')(event.target.value) })),
        this.facets.filter((facet) => facet.differs).map((facet) => {
          const counts = new Map();
          for (const run of this.runs) { const word = wordOf(facet.of(run)); counts.set(word, (counts.get(word) || 0) + 1); }
          const order = facet.isNumber ? (a, b) => RL.compare(numberOf(a[0]), numberOf(b[0])) || RL.compare(a[0], b[0]) : (a, b) => RL.compare(a[0], b[0]);
          return RL.labelled(facet.title, RL.select([['', `all ${counts.size}`], ...[...counts].sort(order).map(([word, count]) => [`=${word}`, `${RL.short(word, 40)} (${count})`])], this.filters[facet.key], change(facet.key), { id: `g-${facet.key}` }), facet.group !== '');
        }),
        numbers.length === 0 ? null : [RL.labelled('With', RL.select([['', 'any value'], ...numbers.map((one) => [one.key, titleOf(one)])], this.filters.of, change('of'), { id: 'g-of' })),
          this.field(this.filters.of) ? [bound('from', 'at least'), bound('to', 'at most')] : null]];
    }
  }
  const titleOf = (one) => (one.group === 'p' ? `${one.title} (parameter)` : one.group === 'm' ? `${one.title} (metric)` : one.title);
  const shown = (value) => {
    const text = isMissing(value) ? '–' : RL.text(value);
    return text.length > 40 ? el('span', { title: text.slice(0, 2000) }, RL.short(text, 37)) : text;
  };

  // --- Runs ---
  RL.viewAllRuns = (model, state) => {
    const all = model.all;
    const run = state.run ? all.runs[all.place.get(state.run)] : null;
    if (state.run && !run) { return [el('p', { class: 'empty' }, 'The page has no run of that id.'), el('a', { href: '#view=all' }, 'All runs')]; }
    if (run) { return oneRun(all, run); }
    const rows = all.chosenRuns();
    const differing = all.fields.map((one) => judged(one, rows)).filter((one) => one.differs && one.key !== 'seconds').sort(byPresence);
    const columns = [
      { key: 'run', title: 'Run', isLine: true, value: (one) => one.label, show: (one) => el('a', { href: `#view=all&run=${one.uid}`, 'data-uid': one.uid }, one.label) },
      ...differing.slice(0, mostColumns).map((one) => ({ key: one.key, title: one.title, isNumber: one.isNumber, help: one.group === '' ? null : titleOf(one),
        value: one.isNumber ? one.number : (row) => (isMissing(one.of(row)) ? null : wordOf(one.of(row))), show: (row) => shown(one.of(row)) })),
      { key: 'seconds', title: 'Seconds', isNumber: true, value: (one) => one.seconds },
      { key: 'started', title: 'Started', isLine: true, value: (one) => one.started, show: (one) => (one.started ?? '–').replace('T', ' ') }];
    const same = all.fields.filter((one) => !differing.some((other) => other.key === one.key) && one.key !== 'seconds' && rows.length > 0 && !isMissing(one.of(rows[0])));
    return [RL.narrowed(all), RL.missing(model, 'all_runs'),
      differing.length > mostColumns ? RL.noteText(`The first ${mostColumns} of ${RL.number(differing.length)} columns that differ: narrow the runs to see others, or open a run.`) : null,
      RL.grid({ caption: 'Runs', columns, rows, sort: [columns.some((one) => one.key === state.sort) ? state.sort : 'run', state.down ? -1 : 1], pageSize: 100, empty: 'No run passes the filters.',
        onSort: (key, direction) => RL.note({ sort: key, down: direction < 0 ? '1' : '' }) }),
      same.length === 0 ? null : el('details', { class: 'same', open: same.length <= 12 }, el('summary', {}, `The same in ${rows.length === 1 ? 'this run' : `all ${RL.plural(rows.length, 'run')}`}: ${RL.plural(same.length, 'field')}`),
        el('dl', { class: 'facts' }, same.map((one) => [el('dt', {}, titleOf(one)), el('dd', {}, shown(one.of(rows[0])))])))];
  };
  function oneRun(all, run) {
    const values = (title, map) => RL.grid({ caption: title, rows: [...map].map(([name, value]) => ({ name, value })), sort: ['name', 1], empty: 'None.', columns: [
      { key: 'name', title: 'Name', value: (row) => row.name },
      { key: 'value', title: 'Value', value: (row) => row.value, show: (row) => (isMissing(row.value) ? '–' : typeof row.value === 'string' ? row.value : RL.text(row.value)) }] });
    const told = (one) => JSON.stringify([one.source, [...one.params].sort((a, b) => RL.compare(a[0], b[0]))]);
    const same = run.params.size === 0 ? [] : all.runs.filter((one) => one !== run && told(one) === told(run));
    return [el('p', {}, el('a', { href: '#view=all', class: 'back' }, '← All runs')),
      RL.section(`Run ${run.label}`, el('dl', { class: 'facts' },
        [['Source', run.source], ['Run id', run.run_id], ['Run uid', run.uid], ['State', run.state], ['Started', run.started], ['Finished', run.finished], ['Seconds', run.seconds]]
          .filter(([, value]) => !isMissing(value)).map(([name, value]) => [el('dt', {}, name), el('dd', { class: String(value).length > 30 ? 'mono' : null }, RL.text(value))])),
        same.length > 0 ? RL.noteText(`${RL.plural(same.length, 'other run')} with the same parameters: `, same.slice(0, 8).map((one, i) => [i > 0 ? ', ' : '', el('a', { href: `#view=all&run=${one.uid}` }, one.label)]), same.length > 8 ? ' …' : '') : null),
      el('div', { class: 'columns' }, values('Parameters', run.params), values('Metrics', run.metrics))];
  }

  // --- How they are distributed ---
  RL.viewMeasures = (model, state) => {
    const all = model.all;
    const numbers = [...all.fields.filter((one) => one.isNumber && one.group === 'm'), ...all.fields.filter((one) => one.isNumber && one.group !== 'm')];
    if (numbers.length === 0) { return [el('p', { class: 'empty' }, 'No parameter or metric of these runs is a number.')]; }
    const measure = numbers.find((one) => one.key === state.measure) || numbers[0];
    const against = all.fields.find((one) => one.key === state.against && one !== measure);
    const grouping = all.fields.filter((one) => one.group !== 'm' && one.key !== 'seconds' && one.differs && one.words <= mostWords);
    const apart = grouping.find((one) => one.key === state.apart);
    const runs = all.chosenRuns();
    const groups = new Map();
    for (const run of runs) {
      const name = apart ? `${apart.title}: ${wordOf(apart.of(run))}` : '';
      if (!groups.has(name)) { groups.set(name, []); }
      groups.get(name).push(run);
    }
    const list = [...groups].sort((a, b) => RL.compare(a[0], b[0]));
    const kept = list.slice(0, mostGroups);
    const chart = () => {
      if (!against) { return RL.histogram({ title: measure.title, unit: titleOf(measure), groups: kept.map(([name, of]) => ({ name, values: of.map(measure.number) })) }); }
      if (against.isNumber) {
        return RL.scatter({ title: `${measure.title} against ${against.title}`, xName: titleOf(against), yName: titleOf(measure), points: kept.flatMap(([group, of]) => of.map((run) => ({ x: against.number(run), y: measure.number(run), name: run.label, group }))) });
      }
      const sums = new Map();
      for (const run of runs) {
        const value = measure.number(run); const word = wordOf(against.of(run));
        if (!Number.isNaN(value)) { const one = sums.get(word) || [0, 0]; one[0] += value; one[1] += 1; sums.set(word, one); }
      }
      return RL.bars({ title: `Mean ${measure.title} by ${against.title}`, rows: [...sums].map(([name, [sum, count]]) => ({ name, value: sum / count, count })).sort((a, b) => b.value - a.value || RL.compare(a.name, b.name)).slice(0, 40) });
    };
    const choices = (fields, none) => [['', none], ...fields.map((one) => [one.key, titleOf(one)])];
    return [RL.narrowed(all), RL.missing(model, 'all_runs'),
      el('form', { class: 'controls', onsubmit: (event) => event.preventDefault(), 'aria-label': 'What is counted' },
        RL.labelled('Shows', RL.select(numbers.map((one) => [one.key, titleOf(one)]), measure.key, (value) => RL.go({ measure: value }), { id: 'measure' })),
        RL.labelled('Against', RL.select(choices(all.fields.filter((one) => one !== measure && one.differs && (one.isNumber || one.words <= 400)), 'how often'), against ? against.key : '', (value) => RL.go({ against: value }), { id: 'against' })),
        against && !against.isNumber ? null : RL.labelled('Apart by', RL.select(choices(grouping, 'nothing'), apart ? apart.key : '', (value) => RL.go({ apart: value }), { id: 'apart' }))),
      list.length > mostGroups && !(against && !against.isNumber) ? RL.noteText(`The first ${mostGroups} of ${list.length} groups: narrow the runs to see others.`) : null,
      RL.section(against ? `${measure.title} and ${against.title}` : measure.title, chart())];
  };
  RL.AllRuns = AllRuns;
})(globalThis.RL = globalThis.RL || {});
