// SPDX-License-Identifier: Apache-2.0
// What every part of the page uses: making elements, numbers as text, small statistics, colours, the state in the address.
'use strict';
(function (RL) {
  // Text only ever becomes text: no string is read as markup anywhere in this page.
  function append(node, children) {
    for (const child of children.flat(Infinity)) {
      if (child === null || child === undefined || child === false) { continue; }
      node.append(child instanceof Node ? child : document.createTextNode(String(child)));
    }
    return node;
  }
  function fill(node, attributes) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) { continue; }
      if (name.startsWith('on')) { node.addEventListener(name.slice(2), value); }
      else if (name === 'style') { for (const [key, text] of Object.entries(value)) { node.style.setProperty(key, text); } }
      else if (name === 'value' || name === 'checked' || name === 'selected') { node[name] = value; }
      else { node.setAttribute(name, value === true ? '' : String(value)); }
    }
    return node;
  }
  RL.el = (tag, attributes, ...children) => append(fill(document.createElement(tag), attributes), children);
  RL.svg = (tag, attributes, ...children) => append(fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes), children);
  RL.replace = (node, ...children) => { node.replaceChildren(); return append(node, children); };

  // --- Text ---
  RL.number = (value, digits = 3) => {
    if (value === null || value === undefined || Number.isNaN(value)) { return '–'; }
    if (typeof value === 'bigint') { return value.toString().replace(/\B(?=(\d{3})+$)/g, '\u202f'); }
    if (!Number.isFinite(value)) { return value > 0 ? '∞' : '−∞'; }
    if (Number.isInteger(value)) { return Math.abs(value) < 1e15 ? String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f').replace('-', '−') : value.toExponential(3); }
    const magnitude = Math.abs(value);
    const text = magnitude >= 1e6 || magnitude < 1e-4 ? value.toExponential(2) : value.toFixed(magnitude >= 100 ? 1 : digits);
    return text.replace(/^-(?=0\.?0*$)/, '').replace('-', '−');
  };
  RL.percent = (value) => (value === null || value === undefined || Number.isNaN(value) ? '–' : `${(100 * value).toFixed(value > 0 && value < 0.01 ? 1 : 0)}\u202f%`);
  RL.short = (text, length = 12) => (text.length <= length ? text : `${text.slice(0, length)}…`);
  RL.plural = (count, one, many = `${one}s`) => `${RL.number(count)} ${count === 1 ? one : many}`;
  RL.text = (value) => {
    if (value === null || value === undefined) { return '–'; }
    if (typeof value === 'number' || typeof value === 'bigint') { return RL.number(value, 4); }
    if (value instanceof Date) { return value.toISOString(); }
    if (value instanceof Uint8Array) { return RL.plural(value.length, 'byte'); }
    return typeof value === 'object' ? JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? String(one) : one)) : String(value);
  };
  // By code points, so that every machine shows one order.
  RL.compare = (a, b) => {
    const none = (value) => value === null || value === undefined || Number.isNaN(value);
    if (none(a) || none(b)) { return none(a) === none(b) ? 0 : none(a) ? 1 : -1; }  // what is missing comes last
    if (typeof a === 'string' || typeof b === 'string') { const [x, y] = [String(a), String(b)]; return x < y ? -1 : x > y ? 1 : 0; }
    return a < b ? -1 : a > b ? 1 : 0;
  };

  // --- Statistics ---
  RL.mean = (values) => {
    let sum = 0; let count = 0;
    for (const value of values) { if (!Number.isNaN(value) && value !== null) { sum += value; count += 1; } }
    return count === 0 ? NaN : sum / count;
  };
  RL.quantile = (sorted, p) => (sorted.length === 0 ? NaN : sorted[Math.floor((sorted.length - 1) * p)]);
  // Wilson's interval of a share, 95 %.
  RL.interval = (successes, trials) => {
    if (trials === 0) { return [NaN, NaN]; }
    const z = 1.96; const p = successes / trials; const below = 1 + (z * z) / trials;
    const middle = (p + (z * z) / (2 * trials)) / below;
    const half = (z * Math.sqrt((p * (1 - p)) / trials + (z * z) / (4 * trials * trials))) / below;
    return [Math.max(0, middle - half), Math.min(1, middle + half)];
  };
  // Bins with round limits over finite values.
  RL.bins = (low, high, wanted = 24) => {
    if (!(high > low)) { return { start: low - 0.5, width: 1, count: 1 }; }
    const raw = (high - low) / wanted; const power = 10 ** Math.floor(Math.log10(raw));
    const width = [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= raw);
    const start = Math.floor(low / width) * width;
    return { start, width, count: Math.max(1, Math.floor((high - start) / width) + 1) };
  };

  // --- Colours ---
  RL.isDark = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  };
  const mix = (a, b, t) => a.map((part, i) => Math.round(part + (b[i] - part) * t));
  const ramps = {
    light: { sequence: [[240, 244, 248], [143, 190, 214], [19, 84, 140]], diverging: [[166, 73, 18], [246, 243, 238], [19, 84, 140]] },
    dark: { sequence: [[32, 38, 46], [38, 97, 143], [142, 207, 248]], diverging: [[240, 146, 82], [44, 46, 50], [112, 184, 240]] },
  };
  // t in 0..1 as background and a text colour that can be read on it.
  RL.shade = (t, kind = 'sequence') => {
    const [low, middle, high] = ramps[RL.isDark() ? 'dark' : 'light'][kind];
    const at = Math.min(1, Math.max(0, t));
    const rgb = at < 0.5 ? mix(low, middle, at * 2) : mix(middle, high, at * 2 - 1);
    const [r, g, b] = rgb.map((part) => { const c = part / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; });
    const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    // Where black and white stand out equally, both do by 4.58 to 1.
    return { background: `rgb(${rgb.join(', ')})`, text: luminance > 0.179 ? '#000000' : '#ffffff' };
  };
  RL.series = (i) => `var(--series-${(i % 8) + 1})`;

  // --- State: what the address says after '#', so that a view can be linked to, from a folder as well. ---
  RL.readState = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  RL.writeState = (state) => {
    const parameters = new URLSearchParams();
    for (const [key, value] of Object.entries(state)) { if (value !== '' && value !== null && value !== undefined) { parameters.set(key, value); } }
    const hash = `#${parameters}`;
    if (hash !== location.hash) { history.replaceState(null, '', hash); }
  };

  // A label of our own begins with a capital letter, a name out of the data stays as it is.
  RL.labelled = (label, control, isName = false) => RL.el('label', { class: 'field' }, RL.el('span', { class: isName ? 'as-is' : null }, label), control);
  // choices: [[value, text], …]
  RL.select = (choices, value, onchange, attributes = {}) =>
    RL.el('select', { ...attributes, onchange: (event) => onchange(event.target.value) },
      choices.map(([key, text]) => RL.el('option', { value: key, selected: key === value }, text)));
})(globalThis.RL = globalThis.RL || {});
