// SPDX-License-Identifier: Apache-2.0
// Charts: histogram, shares with their intervals, a map of numbers as a table, points. Each says in words what it shows, and has its figures as a table.
'use strict';
(function (RL) {
  const { el, svg } = RL;

  function ticks(low, high, wanted = 5) {
    const { start, width } = RL.bins(low, high, wanted);
    const out = [];
    for (let i = 0; out.length < 12; i += 1) {
      const at = start + i * width;
      if (at > high + width * 1e-9) { break; }
      if (at >= low - width * 1e-9) { out.push(Math.abs(at) < width * 1e-9 ? 0 : at); }
    }
    return out;
  }
  const tickText = (value) => RL.number(value, 2).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');

  function figures(caption, heads, rows, title = 'Figures') {
    return el('details', { class: 'figures' }, el('summary', {}, title),
      el('div', { class: 'scroller short' }, el('table', { class: 'grid' }, el('caption', {}, caption),
        el('thead', {}, el('tr', {}, heads.map((head) => el('th', { scope: 'col' }, head)))),
        el('tbody', {}, rows.map((row) => el('tr', {}, row.map((cell, i) => (i === 0 ? el('th', { scope: 'row' }, cell) : el('td', { class: 'number' }, cell)))))))));
  }
  RL.figures = figures;

  // groups: [{name, values}], all over the same bins. NaN is left out and counted.
  RL.histogram = ({ title, unit = '', groups, wanted = 24 }) => {
    const all = groups.map((group) => group.values.filter((value) => Number.isFinite(value)));
    const count = all.reduce((sum, values) => sum + values.length, 0);
    if (count === 0) { return el('p', { class: 'empty' }, `${title}: no values.`); }
    let low = Infinity; let high = -Infinity;
    for (const values of all) { for (const value of values) { low = Math.min(low, value); high = Math.max(high, value); } }
    const { start, width, count: bins } = RL.bins(low, high, wanted);
    const counted = all.map((values) => {
      const out = new Array(bins).fill(0);
      for (const value of values) { out[Math.min(bins - 1, Math.max(0, Math.floor((value - start) / width + 1e-9)))] += 1; }
      return out;
    });
    const tallest = Math.max(...counted.flat());
    const w = 640; const h = groups.length > 1 ? 120 : 240; const left = 48; const bottom = 26; const top = 8; const right = 12;
    const x = (value) => left + ((value - start) / (bins * width)) * (w - left - right);
    const y = (n) => top + (1 - n / tallest) * (h - top - bottom);
    const draw = (group, i) => {
      const values = all[i];
      const sorted = Float64Array.from(values).sort();
      const median = RL.quantile(sorted, 0.5);
      const words = `${group.name ? `${group.name}: ` : ''}${RL.plural(values.length, 'value')}, median ${RL.number(median)}, mean ${RL.number(RL.mean(values))}, from ${RL.number(sorted[0])} to ${RL.number(sorted[sorted.length - 1])}`;
      return el('figure', { class: 'chart' },
        el('figcaption', {}, words),
        svg('svg', { viewBox: `0 0 ${w} ${h}`, role: 'img', 'aria-label': `${title}. ${words}`, class: 'plot' },
          ticks(0, tallest, 3).filter(Number.isInteger).map((n) => [
            svg('line', { x1: left, x2: w - right, y1: y(n), y2: y(n), class: 'rule' }),
            svg('text', { x: left - 6, y: y(n) + 4, class: 'tick end' }, tickText(n))]),
          counted[i].map((n, bin) => (n === 0 ? null : svg('rect', {
            x: x(start + bin * width) + 0.5, width: Math.max(1, x(start + (bin + 1) * width) - x(start + bin * width) - 1), y: y(n), height: h - bottom - y(n), class: 'bar', style: { fill: RL.series(i) },
          }, svg('title', {}, `${tickText(start + bin * width)} to ${tickText(start + (bin + 1) * width)}: ${RL.number(n)}`)))),
          values.length > 0 ? svg('line', { x1: x(median), x2: x(median), y1: top, y2: h - bottom, class: 'median' }, svg('title', {}, `median ${RL.number(median)}`)) : null,
          svg('line', { x1: left, x2: w - right, y1: h - bottom, y2: h - bottom, class: 'axis' }),
          ticks(start, start + bins * width, 7).map((value) => svg('text', { x: x(value), y: h - bottom + 17, class: 'tick middle' }, tickText(value)))));
    };
    const label = (bin) => `${tickText(start + bin * width)} – ${tickText(start + (bin + 1) * width)}`;
    return el('div', { class: 'histogram', 'data-count': count },
      groups.map(draw),
      el('p', { class: 'unit' }, unit),
      figures(title, ['Values', ...groups.map((group) => group.name || 'Count')], Array.from({ length: bins }, (_, bin) => [label(bin), ...counted.map((out) => RL.number(out[bin]))])));
  };

  // Shares with their 95 % intervals. rows: [{name, successes, trials}]
  RL.shares = ({ title, rows }) => {
    const w = 640; const step = 30; const left = 190; const right = 86; const h = rows.length * step + 26;
    const x = (share) => left + share * (w - left - right);
    return el('figure', { class: 'chart' },
      svg('svg', { viewBox: `0 0 ${w} ${h}`, role: 'img', 'aria-label': `${title}. ${rows.map((row) => `${row.name}: ${RL.percent(row.successes / row.trials)} of ${row.trials}`).join('; ')}`, class: 'plot' },
        [0, 0.25, 0.5, 0.75, 1].map((share) => [svg('line', { x1: x(share), x2: x(share), y1: 0, y2: h - 22, class: 'rule' }), svg('text', { x: x(share), y: h - 6, class: 'tick middle' }, RL.percent(share))]),
        rows.map((row, i) => {
          const [low, high] = RL.interval(row.successes, row.trials); const y = i * step + 15; const share = row.successes / row.trials;
          return [
            svg('text', { x: left - 10, y: y + 4, class: 'label end' }, RL.short(row.name, 24), svg('title', {}, row.name)),
            svg('rect', { x: x(0), width: Math.max(0, x(share) - x(0)), y: y - 7, height: 14, class: 'bar', style: { fill: RL.series(0) } }, svg('title', {}, `${row.name}: ${row.successes} of ${row.trials}`)),
            svg('line', { x1: x(low), x2: x(high), y1: y, y2: y, class: 'whisker' }),
            svg('text', { x: w - right + 10, y: y + 4, class: 'label' }, `${RL.percent(share)}`)];
        })),
      figures(title, ['', 'Share', '95 % from', 'to', 'Of'], rows.map((row) => [row.name, RL.percent(row.successes / row.trials), ...RL.interval(row.successes, row.trials).map(RL.percent), RL.number(row.trials)])));
  };

  // Values as bars from zero. rows: [{name, value, count}]
  RL.bars = ({ title, rows }) => {
    if (rows.length === 0) { return el('p', { class: 'empty' }, `${title}: no values.`); }
    const low = Math.min(0, ...rows.map((row) => row.value)); const high = Math.max(0, ...rows.map((row) => row.value));
    const w = 640; const step = 26; const left = 190; const right = 86; const h = rows.length * step + 26;
    const x = (value) => left + (high > low ? (value - low) / (high - low) : 0) * (w - left - right);
    return el('figure', { class: 'chart' },
      svg('svg', { viewBox: `0 0 ${w} ${h}`, role: 'img', 'aria-label': `${title}. ${rows.map((row) => `${row.name}: ${RL.number(row.value)}`).join('; ')}`, class: 'plot' },
        ticks(low, high, 5).map((value) => [svg('line', { x1: x(value), x2: x(value), y1: 0, y2: h - 22, class: 'rule' }), svg('text', { x: x(value), y: h - 6, class: 'tick middle' }, tickText(value))]),
        rows.map((row, i) => [
          svg('text', { x: left - 10, y: i * step + 18, class: 'label end' }, RL.short(row.name, 24), svg('title', {}, row.name)),
          svg('rect', { x: Math.min(x(0), x(row.value)), width: Math.max(1, Math.abs(x(row.value) - x(0))), y: i * step + 6, height: 15, class: 'bar', style: { fill: RL.series(0) } }, svg('title', {}, `${row.name}: ${RL.number(row.value)} of ${row.count}`)),
          svg('text', { x: w - right + 10, y: i * step + 18, class: 'label' }, RL.number(row.value))])),
      figures(title, ['', 'Mean', 'Of'], rows.map((row) => [row.name, RL.number(row.value), RL.number(row.count)])));
  };

  // Means with their spread to either side. rows: [{name, value, spread, count}]; a spread that is not known is not drawn.
  RL.spreads = ({ title, rows }) => {
    if (rows.length === 0) { return el('p', { class: 'empty' }, `${title}: no values.`); }
    const ends = rows.map((row) => (Number.isFinite(row.spread) ? [row.value - row.spread, row.value + row.spread] : [row.value, row.value]));
    const low = Math.min(0, ...ends.map((one) => one[0])); const high = Math.max(0, ...ends.map((one) => one[1]));
    const w = 640; const step = 26; const left = 250; const right = 86; const h = rows.length * step + 26;
    const x = (value) => left + (high > low ? (value - low) / (high - low) : 0.5) * (w - left - right);
    const say = (row) => `${RL.number(row.value)}${Number.isFinite(row.spread) ? ` ± ${RL.number(row.spread)}` : ''}`;
    return el('figure', { class: 'chart' },
      svg('svg', { viewBox: `0 0 ${w} ${h}`, role: 'img', 'aria-label': `${title}. ${rows.map((row) => `${row.name}: ${say(row)}`).join('; ')}`, class: 'plot' },
        ticks(low, high, 5).map((value) => [svg('line', { x1: x(value), x2: x(value), y1: 0, y2: h - 22, class: 'rule' }), svg('text', { x: x(value), y: h - 6, class: 'tick middle' }, tickText(value))]),
        rows.map((row, i) => [
          svg('text', { x: left - 10, y: i * step + 18, class: 'label end' }, RL.short(row.name, 34), svg('title', {}, row.name)),
          svg('line', { x1: x(ends[i][0]), x2: x(ends[i][1]), y1: i * step + 13, y2: i * step + 13, class: 'whisker' }),
          svg('circle', { cx: x(row.value), cy: i * step + 13, r: 4, class: 'point', style: { fill: RL.series(0) } }, svg('title', {}, `${row.name}: ${say(row)}, of ${RL.number(row.count)}`)),
          svg('text', { x: w - right + 10, y: i * step + 18, class: 'label' }, RL.number(row.value))])),
      figures(title, ['', 'Mean', 'Standard deviation', 'Of'], rows.map((row) => [row.name, RL.number(row.value), RL.number(row.spread), RL.number(row.count)])));
  };

  // A map of numbers: a real table, whose cells are shaded. cell(row, column) gives {value, count} or null; `of` is what is counted. scale: [low, high, 'sequence' | 'diverging'].
  RL.heat = ({ caption, corner, rows, columns, cell, scale, show, of = 'run', pageSize = 120 }) => {
    const [low, high, kind] = scale;
    const t = (value) => (high > low ? (value - low) / (high - low) : 0.5);
    let page = 0;
    const body = el('tbody'); const foot = el('div', { class: 'grid-foot' });
    const draw = () => {
      const shown = rows.slice(page * pageSize, (page + 1) * pageSize);
      RL.replace(body, shown.map((row) => el('tr', {}, el('th', { scope: 'row', title: row.name }, row.name),
        columns.map((column) => {
          const one = cell(row, column);
          if (!one || Number.isNaN(one.value)) { return el('td', { class: 'none', title: `${row.name}, ${column.name}: nothing` }, '·'); }
          const colours = RL.shade(t(one.value), kind);
          return el('td', { style: { 'background-color': colours.background, color: colours.text }, title: `${row.name}, ${column.name}: ${show(one.value)}, of ${RL.plural(one.count, of)}` }, show(one.value));
        }))));
      const pages = Math.ceil(rows.length / pageSize);
      const move = (to) => () => { page = to; draw(); };
      RL.replace(foot, el('p', { role: 'status', class: 'grid-status' }, pages > 1 ? `Rows ${page * pageSize + 1} to ${page * pageSize + shown.length} of ${rows.length}` : rows.length > 12 ? RL.plural(rows.length, 'row') : ''),
        pages > 1 ? el('nav', { class: 'pager', 'aria-label': `Pages of ${caption}` },
          el('button', { type: 'button', disabled: page === 0, onclick: move(page - 1) }, 'Previous'), el('span', {}, `Page ${page + 1} of ${pages}`),
          el('button', { type: 'button', disabled: page === pages - 1, onclick: move(page + 1) }, 'Next')) : null);
    };
    draw();
    const legend = el('div', { class: 'legend', 'aria-hidden': 'true' }, el('span', {}, show(low)),
      el('span', { class: 'ramp' }, Array.from({ length: 24 }, (_, i) => el('i', { style: { 'background-color': RL.shade(i / 23, kind).background } }))), el('span', {}, show(high)));
    return el('div', { class: 'heat-box' }, legend,
      el('div', { class: 'scroller', tabindex: '0', role: 'region', 'aria-label': caption },
        el('table', { class: 'heat' }, el('caption', {}, caption),
          el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, corner), columns.map((column) => el('th', { scope: 'col', title: column.name }, RL.short(column.name, 28))))), body)), foot);
  };

  // points: [{x, y, name, group}]; drawn up to a number of them, evenly taken.
  RL.scatter = ({ title, xName, yName, points, most = 4000 }) => {
    const whole = points.filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y));
    if (whole.length === 0) { return el('p', { class: 'empty' }, `${title}: no values.`); }
    const step = Math.max(1, Math.ceil(whole.length / most));
    const drawn = whole.filter((_, i) => i % step === 0);
    let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const { x, y } of whole) { x0 = Math.min(x0, x); x1 = Math.max(x1, x); y0 = Math.min(y0, y); y1 = Math.max(y1, y); }
    if (x0 === x1) { x0 -= 0.5; x1 += 0.5; }
    if (y0 === y1) { y0 -= 0.5; y1 += 0.5; }
    const w = 640; const h = 380; const left = 58; const bottom = 44; const top = 10; const right = 14;
    const x = (value) => left + ((value - x0) / (x1 - x0)) * (w - left - right);
    const y = (value) => top + (1 - (value - y0) / (y1 - y0)) * (h - top - bottom);
    const groups = [...new Set(drawn.map((point) => point.group ?? ''))].sort(RL.compare);
    const words = `${title}: ${RL.plural(whole.length, 'point')}${step > 1 ? `, every ${step}th of them drawn` : ''}`;
    return el('figure', { class: 'chart' }, el('figcaption', {}, words),
      svg('svg', { viewBox: `0 0 ${w} ${h}`, role: 'img', 'aria-label': `${words}; ${xName} from ${RL.number(x0)} to ${RL.number(x1)}, ${yName} from ${RL.number(y0)} to ${RL.number(y1)}`, class: 'plot' },
        ticks(y0, y1, 5).map((value) => [svg('line', { x1: left, x2: w - right, y1: y(value), y2: y(value), class: 'rule' }), svg('text', { x: left - 6, y: y(value) + 4, class: 'tick end' }, tickText(value))]),
        ticks(x0, x1, 7).map((value) => [svg('line', { x1: x(value), x2: x(value), y1: top, y2: h - bottom, class: 'rule' }), svg('text', { x: x(value), y: h - bottom + 16, class: 'tick middle' }, tickText(value))]),
        drawn.map((point) => svg('circle', { cx: x(point.x), cy: y(point.y), r: 3, class: 'point', style: { fill: RL.series(groups.indexOf(point.group ?? '')) } }, svg('title', {}, `${point.name}: ${RL.number(point.x)}, ${RL.number(point.y)}`))),
        svg('text', { x: (left + w - right) / 2, y: h - 8, class: 'label middle' }, xName),
        svg('text', { x: 14, y: (top + h - bottom) / 2, class: 'label middle', transform: `rotate(-90 14 ${(top + h - bottom) / 2})` }, yName)),
      groups.length > 1 && groups.length <= 8 ? el('ul', { class: 'keys' }, groups.map((group, i) => el('li', {}, el('i', { style: { 'background-color': RL.series(i) } }), group || '(none)'))) : null);
  };
})(globalThis.RL = globalThis.RL || {});
