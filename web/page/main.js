// SPDX-License-Identifier: Apache-2.0
// Starts the page: title, tabs, filters, and the view that the address names.
'use strict';
(function (RL) {
  const { el } = RL;
  // Id, title (where there are no proof searches another one), what draws it, and which runs it is about: those of proof searches, those of every source, or none.
  const proofs = () => model; const all = () => model.all; const none = () => null;
  const views = [['overview', 'Overview', RL.viewOverview, proofs], ['runs', 'Runs', RL.viewRuns, proofs], ['heat', 'Heat map', RL.viewHeat, proofs], ['histogram', 'Histogram', RL.viewHistogram, proofs], ['graph', 'Proof graph', RL.viewGraph, proofs],
    ['all', 'All runs', RL.viewAllRuns, all, 'Runs'], ['measures', 'Parameters and metrics', RL.viewMeasures, all, 'Histogram'], ['data', 'Data', RL.viewData, none]];
  // What a view keeps in the address; the filters stay from view to view.
  const kept = { overview: ['by'], runs: ['run', 'sort', 'down'], heat: ['measure', 'by', 'order', 'q'], histogram: ['measure', 'by'], graph: ['kind', 'run', 'theorem', 'graph'], all: ['run', 'sort', 'down'], measures: ['measure', 'against', 'apart'], data: ['dataset', 'chart', 'value'] };
  const byId = (id) => document.getElementById(id);
  let model; let state;

  const shownViews = () => views.filter(([, , , runs]) => runs === none || runs().runs.length > 0);
  const titleOf = ([, title, , , alone]) => (alone && model.runs.length === 0 ? alone : title);
  const filterNames = () => [model, model.all].flatMap((of) => of.filterKeys.map((key) => of.prefix + key));
  const viewOf = () => shownViews().find(([id]) => id === state.view) || shownViews()[0];

  function cleaned(of) {
    const view = shownViews().find(([id]) => id === of.view) || shownViews()[0];
    const out = { view: view[0] };
    for (const key of kept[view[0]]) { if (of[key]) { out[key] = of[key]; } }
    for (const key of filterNames()) { if (of[key]) { out[key] = of[key]; } }
    return out;
  }
  // A changed part of the state, drawn; note() keeps it in the address alone.
  RL.go = (change) => { state = cleaned({ ...state, ...change }); RL.writeState(state); draw(); };
  RL.note = (change) => { state = cleaned({ ...state, ...change }); RL.writeState(state); };

  // Takes all rows of tables out of their files, in place of those in the page.
  RL.fillTables = async (tables) => {
    for (const table of tables) {
      const whole = await RL.readWhole(table);
      model.data.tables[model.data.tables.findIndex((one) => one.name === table.name)] = whole;
    }
    model = new RL.Model(model.data);
    draw();
  };

  function drawTabs() {
    const filters = Object.fromEntries(filterNames().map((key) => [key, state[key]]));
    RL.replace(byId('tabs'), shownViews().map((view) => el('li', {},
      el('a', { href: `#${new URLSearchParams(cleaned({ ...filters, view: view[0] }))}`, 'aria-current': viewOf() === view ? 'page' : null }, titleOf(view)))));
  }
  function drawFilters() {
    const form = byId('filters');
    const of = viewOf()[3]();
    form.hidden = of === null;
    if (form.hidden) { return; }
    RL.replace(form, el('fieldset', {}, el('legend', {}, 'Runs'),
      of.controls((key) => (value) => RL.go({ [of.prefix + key]: value })),
      of.isNarrowed() ? el('button', { type: 'button', id: 'f-clear', onclick: () => RL.go(Object.fromEntries(of.filterKeys.map((key) => [of.prefix + key, '']))) }, 'Show all') : null,
      el('output', { id: 'f-count' }, `${RL.number(of.chosen.length)} of ${RL.plural(of.runs.length, 'run')}`)));
  }
  function draw() {
    const held = document.activeElement && document.activeElement.id;
    for (const of of [model, model.all]) {
      for (const key of of.filterKeys) { of.filters[key] = state[of.prefix + key] || ''; }
      of.select();
    }
    drawTabs(); drawFilters();
    const [id, , view] = viewOf(); const title = titleOf(viewOf());
    document.title = `${title} – ${model.data.title}`;
    const main = byId('main');
    main.dataset.view = id;
    try {
      RL.replace(main, el('h2', { class: 'view-title' }, title), view(model, state));
    } catch (error) {
      RL.replace(main, el('p', { class: 'problem', role: 'alert' }, `This view can’t be drawn: ${error.message}`));
      console.error(error);
    }
    main.dataset.ready = '1';
    if (held && byId(held)) { byId(held).focus(); }
  }

  function drawFrame(data) {
    byId('title').textContent = data.title;
    const release = byId('release-id');
    RL.replace(release, data.release_id ? [el('span', {}, 'Release '), el('span', { title: data.release_id }, RL.short(data.release_id, 16))] : null);
    byId('mode').textContent = RL.hasServer() ? 'served' : 'from a folder';
    const left = data.tables.filter((table) => table.kept < table.rows);
    RL.replace(byId('footer'),
      el('details', {}, el('summary', {}, 'About this release'),
        el('dl', { class: 'facts' }, Object.entries(data.facts || {}).map(([key, value]) => [el('dt', {}, key.replaceAll('_', ' ')), el('dd', { class: typeof value === 'object' ? 'mono' : null }, RL.text(value))])),
        el('p', {}, left.length === 0 ? 'All rows of all datasets are in the page.' : `Not all rows are in the page itself: ${left.map((table) => `${table.name} ${RL.number(table.kept)} of ${RL.number(table.rows)}`).join(', ')}. The files in the folder data have all of them.`)),
      el('p', {}, 'Made by Runlake. Nothing on this page is fetched from anywhere else.'));
  }
  function themeButton() {
    const button = byId('theme');
    let chosen = null;
    try { chosen = localStorage.getItem('runlake-theme'); } catch { /* a folder may have no storage */ }
    const apply = () => {
      if (chosen === 'dark' || chosen === 'light') { document.documentElement.dataset.theme = chosen; }
      button.textContent = RL.isDark() ? 'Light' : 'Dark';
      button.setAttribute('aria-label', RL.isDark() ? 'Change to light colours' : 'Change to dark colours');
    };
    button.addEventListener('click', () => {
      chosen = RL.isDark() ? 'light' : 'dark';
      try { localStorage.setItem('runlake-theme', chosen); } catch { /* then it is forgotten */ }
      apply(); draw();
    });
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { apply(); draw(); });
    apply();
  }

  function start() {
    const data = globalThis.RUNLAKE_DATA;
    if (!data || data.version !== 1) {
      RL.replace(byId('main'), el('p', { class: 'problem', role: 'alert' }, data ? 'The data of this page are of another version than the page.' : 'page/data.js is missing or damaged: the page has nothing to show.'));
      return;
    }
    model = new RL.Model(data);
    state = cleaned(RL.readState());
    drawFrame(data);
    themeButton();
    draw();
    addEventListener('hashchange', () => {
      const next = cleaned(RL.readState());
      const isOther = next.view !== state.view;
      state = next;
      draw();
      if (isOther) { byId('main').focus({ preventScroll: true }); scrollTo(0, 0); }
    });
  }
  start();
})(globalThis.RL = globalThis.RL || {});
