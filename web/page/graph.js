// SPDX-License-Identifier: Apache-2.0
// A graph of a proof or a search: laid out in layers from its roots, drawn, walked with the keyboard, and as a list.
'use strict';
(function (RL) {
  const { el, svg } = RL;

  // Layers by the shortest way from a root; a node that no root leads to begins anew. Within a layer nodes stand near those that lead to them.
  function layout(nodes, edges) {
    const place = new Map(nodes.map((node, i) => [node.id, i]));
    const out = nodes.map(() => []); const into = nodes.map(() => []);
    for (const edge of edges) {
      const a = place.get(edge.from); const b = place.get(edge.to);
      if (a === undefined || b === undefined) { continue; }
      out[a].push(b); into[b].push(a);
    }
    const layer = new Int32Array(nodes.length).fill(-1);
    const starts = nodes.map((_, i) => i).sort((a, b) => (into[a].length === 0 ? 0 : 1) - (into[b].length === 0 ? 0 : 1) || a - b);
    for (const start of starts) {
      if (layer[start] >= 0) { continue; }
      layer[start] = 0;
      const queue = [start];
      for (let at = 0; at < queue.length; at += 1) {
        for (const next of out[queue[at]]) { if (layer[next] < 0) { layer[next] = layer[queue[at]] + 1; queue.push(next); } }
      }
    }
    const layers = [];
    nodes.forEach((_, i) => { (layers[layer[i]] = layers[layer[i]] || []).push(i); });
    const position = new Float64Array(nodes.length);
    const settle = (row) => row.forEach((i, k) => { position[i] = (k + 0.5) / row.length; });
    layers.forEach(settle);
    for (let pass = 0; pass < 6; pass += 1) {
      const near = pass % 2 === 0 ? into : out;
      for (const row of pass % 2 === 0 ? layers : [...layers].reverse()) {
        const weight = (i) => (near[i].length === 0 ? position[i] : RL.mean(near[i].map((j) => position[j])));
        const weights = new Map(row.map((i) => [i, weight(i)]));
        row.sort((a, b) => weights.get(a) - weights.get(b) || a - b);
        settle(row);
      }
    }
    return { layer, position, layers, out, into, place };
  }

  // graph: {title, nodes: [{id, label, kind: 'proof' | 'closed' | 'dead' | '', facts}], edges: [{from, to, label, isProof}]}
  RL.drawGraph = (graph) => {
    const { nodes, edges } = graph;
    if (nodes.length === 0) { return el('p', { class: 'empty' }, 'This graph has no nodes.'); }
    const { layer, position, layers, out, into, place } = layout(nodes, edges);
    const widest = Math.max(...layers.map((row) => row.length));
    const gap = 84; const w = Math.max(640, Math.min(4000, widest * 46)); const h = layers.length * gap + 20;
    const x = (i) => 20 + position[i] * (w - 40);
    const y = (i) => 34 + layer[i] * gap;
    const radius = nodes.length > 150 ? 6 : 9;
    const details = el('div', { class: 'node-facts', 'aria-live': 'polite' });
    let current = 0;
    const marks = nodes.map((node, i) => svg('g', { class: `node ${node.kind || ''}`, tabindex: i === 0 ? '0' : '-1', role: 'button', 'aria-label': `${node.label}${node.kind ? `, ${node.kind}` : ''}`, onclick: () => go(i), onfocus: () => tell(i) },
      svg('circle', { cx: x(i), cy: y(i), r: radius }),
      nodes.length <= 60 ? svg('text', { x: x(i), y: y(i) - radius - 5, class: 'tick middle' }, RL.short(node.label, 14)) : null,
      svg('title', {}, node.label)));
    const step = (list, by) => list[(list.indexOf(current) + by + list.length) % list.length];
    function tell(i) {
      marks[current].setAttribute('tabindex', '-1');
      current = i;
      marks[i].setAttribute('tabindex', '0');
      const touching = edges.filter((edge) => edge.from === nodes[i].id || edge.to === nodes[i].id);
      RL.replace(details, el('h3', {}, nodes[i].label),
        el('dl', {}, Object.entries(nodes[i].facts).filter(([, value]) => value !== null && value !== undefined).map(([key, value]) => [el('dt', {}, key), el('dd', {}, RL.text(value))])),
        el('ul', { class: 'steps' }, touching.slice(0, 40).map((edge) => {
          const isOut = edge.from === nodes[i].id; const other = place.get(isOut ? edge.to : edge.from);
          return other === undefined ? null : el('li', {}, isOut ? '→ ' : '← ', el('button', { type: 'button', class: 'link', onclick: () => go(other) }, nodes[other].label), ' by ', el('span', { class: 'mono' }, edge.label || '–'));
        })));
    }
    function go(i) { marks[i].focus(); tell(i); }
    const drawing = svg('svg', { viewBox: `0 0 ${w} ${h}`, width: w, height: h, class: 'graph', role: 'group', 'aria-label': `${graph.title}: ${RL.plural(nodes.length, 'node')}, ${RL.plural(edges.length, 'edge')}. Arrow keys go from node to node.`,
      onkeydown: (event) => {
        const row = layers[layer[current]];
        const to = { ArrowRight: () => step(row, 1), ArrowLeft: () => step(row, -1), ArrowDown: () => out[current][0] ?? current, ArrowUp: () => into[current][0] ?? current, Home: () => layers[0][0], End: () => layers[layers.length - 1][0] }[event.key];
        if (to) { event.preventDefault(); go(to()); }
      } },
      edges.map((edge) => {
        const a = place.get(edge.from); const b = place.get(edge.to);
        if (a === undefined || b === undefined) { return null; }
        const bend = (y(b) - y(a)) / 2;
        return svg('path', { d: `M${x(a)},${y(a)} C${x(a)},${y(a) + bend} ${x(b)},${y(b) - bend} ${x(b)},${y(b)}`, class: edge.isProof ? 'edge proof' : 'edge' }, svg('title', {}, edge.label || ''));
      }),
      nodes.length <= 40 ? edges.map((edge) => {
        const a = place.get(edge.from); const b = place.get(edge.to);
        return a === undefined || b === undefined ? null : svg('text', { x: (x(a) + x(b)) / 2, y: (y(a) + y(b)) / 2, class: 'edge-label middle' }, RL.short(edge.label || '', 12));
      }) : null,
      marks);
    tell(layers[0][0]);
    return el('div', { class: 'graph-box', 'data-nodes': nodes.length, 'data-edges': edges.length },
      el('ul', { class: 'keys' }, [['proof', 'in the proof'], ['closed', 'closed'], ['dead', 'dead'], ['', 'open']].map(([kind, text]) => el('li', { class: `key-${kind || 'open'}` }, el('i'), text))),
      el('div', { class: 'graph-split' }, el('div', { class: 'scroller', role: 'region', tabindex: '0', 'aria-label': 'Drawing' }, drawing), details),
      RL.figures('Edges', ['From', 'Tactic', 'To'], edges.slice(0, 1000).map((edge) => [edge.from, edge.label || '–', edge.to]), 'As a list'));
  };
})(globalThis.RL = globalThis.RL || {});
