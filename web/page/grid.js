// SPDX-License-Identifier: Apache-2.0
// A table that can be sorted by its heads and leafed through. Columns: {key, title, value(row), show(row)?, isNumber?, isLine?, help?}.
'use strict';
(function (RL) {
  const { el, replace } = RL;
  // options: {caption, columns, rows, sort: [key, 1 or -1]?, pageSize?, empty?, onSort?, rowLabel?(row): what the first cell is a heading of}
  RL.grid = (options) => {
    const size = options.pageSize || 50;
    let [key, direction] = options.sort || [null, 1];
    let page = 0;
    let sorted = options.rows;
    const status = el('p', { class: 'grid-status', role: 'status' });
    const head = el('thead');
    const body = el('tbody');
    const pager = el('nav', { class: 'pager', 'aria-label': `Pages of ${options.caption}` });
    const table = el('table', { class: 'grid' }, el('caption', {}, options.caption), head, body);

    function sort() {
      sorted = options.rows;
      const column = options.columns.find((one) => one.key === key);
      if (!column) { return; }
      const keyed = options.rows.map((row, i) => [column.value(row), i, row]);
      const last = (value) => value === null || value === undefined || Number.isNaN(value);
      keyed.sort((a, b) => (last(a[0]) || last(b[0]) ? RL.compare(a[0], b[0]) : direction * RL.compare(a[0], b[0])) || a[1] - b[1]);
      sorted = keyed.map((one) => one[2]);
    }
    function drawHead() {
      replace(head, el('tr', {}, options.columns.map((column) => {
        const isKey = column.key === key;
        const order = isKey ? (direction > 0 ? 'ascending' : 'descending') : 'none';
        return el('th', { scope: 'col', 'aria-sort': order, class: column.isNumber ? 'number' : null, title: column.help },
          el('button', { type: 'button', 'data-key': column.key, onclick: () => {
            direction = isKey ? -direction : column.isNumber ? -1 : 1;
            key = column.key; page = 0;
            sort(); drawHead(); drawBody();
            head.querySelector(`[data-key="${CSS.escape(key)}"]`).focus();
            if (options.onSort) { options.onSort(key, direction); }
          } }, column.title, el('span', { class: 'arrow', 'aria-hidden': 'true' }, isKey ? (direction > 0 ? '▲' : '▼') : '')));
      })));
    }
    function drawBody() {
      const pages = Math.max(1, Math.ceil(sorted.length / size));
      page = Math.min(page, pages - 1);
      const first = page * size;
      const shown = sorted.slice(first, first + size);
      replace(body, shown.length === 0
        ? el('tr', {}, el('td', { colspan: options.columns.length, class: 'empty' }, options.empty || 'No rows.'))
        : shown.map((row) => el('tr', {}, options.columns.map((column, i) => {
          const content = column.show ? column.show(row) : RL.text(column.value(row));
          const kind = column.isNumber ? 'number' : column.isLine ? 'line' : null;
          return i === 0 && options.rowHeads !== false ? el('th', { scope: 'row', class: kind }, content) : el('td', { class: kind }, content);
        }))));
      status.textContent = sorted.length === 0 ? '' : pages === 1 ? RL.plural(sorted.length, 'row') : `Rows ${RL.number(first + 1)} to ${RL.number(first + shown.length)} of ${RL.number(sorted.length)}`;
      const move = (to) => () => { page = to; drawBody(); scroller.scrollTop = 0; };
      replace(pager, pages === 1 ? null : [
        el('button', { type: 'button', disabled: page === 0, onclick: move(0) }, 'First'),
        el('button', { type: 'button', disabled: page === 0, onclick: move(page - 1) }, 'Previous'),
        el('span', {}, `Page ${page + 1} of ${pages}`),
        el('button', { type: 'button', disabled: page === pages - 1, onclick: move(page + 1) }, 'Next'),
        el('button', { type: 'button', disabled: page === pages - 1, onclick: move(pages - 1) }, 'Last')]);
    }
    const scroller = el('div', { class: 'scroller', tabindex: '0', role: 'region', 'aria-label': options.caption }, table);
    sort(); drawHead(); drawBody();
    return el('div', { class: 'grid-box' }, scroller, el('div', { class: 'grid-foot' }, status, pager));
  };
})(globalThis.RL = globalThis.RL || {});
