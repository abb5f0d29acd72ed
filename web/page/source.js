// SPDX-License-Identifier: Apache-2.0
// Rows of a dataset beyond those in the page: with a server, out of its Parquet or JSON lines file, by ranges where the server knows them. Without one, those in the page.
'use strict';
(function (RL) {
  const batch = 20480;
  let reader;   // the Parquet reader, once it was needed
  const opened = new Map();

  RL.hasServer = () => location.protocol === 'http:' || location.protocol === 'https:';

  async function parquet(path) {
    reader = reader || import('./hyparquet/index.js');
    const { asyncBufferFromUrl, cachedAsyncBuffer, parquetMetadataAsync, parquetReadObjects, parquetSchema } = await reader;
    // A page may be older than what its address gives: the release's name is in the path, so files never change below it.
    const url = new URL(path, document.baseURI).href;
    const file = cachedAsyncBuffer(await asyncBufferFromUrl({ url }));
    const metadata = await parquetMetadataAsync(file);
    const columns = parquetSchema(metadata).children.map((child) => child.element.name);
    const total = Number(metadata.num_rows);
    const read = (options) => parquetReadObjects({ file, metadata, ...options });
    return {
      columns, total,
      range: (start, end, wanted) => read({ rowStart: start, rowEnd: Math.min(end, total), columns: wanted }),
      // Row groups whose limits rule a value out are not fetched.
      where: (equal, wanted) => read({ columns: wanted, filter: Object.fromEntries(Object.entries(equal).map(([key, value]) => [key, { $eq: value }])) }),
    };
  }
  async function lines(path) {
    const answer = await fetch(new URL(path, document.baseURI).href);
    if (!answer.ok) { throw new Error(`${path}: the server answered ${answer.status}`); }
    const rows = (await answer.text()).split('\n').filter(Boolean).map((line) => JSON.parse(line));
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    return { columns, total: rows.length, range: async (start, end) => rows.slice(start, end), where: async (equal) => rows.filter((row) => Object.entries(equal).every(([key, value]) => row[key] === value)) };
  }
  function inPage(table) {
    const all = (start, end) => Array.from({ length: Math.max(0, Math.min(end, table.kept) - start) }, (_, i) => table.row(start + i));
    return {
      columns: table.columns.map((column) => column.name), total: table.kept, partial: table.kept < table.rows,
      range: async (start, end) => all(start, end),
      where: async (equal) => {
        const tests = Object.entries(equal).map(([key, value]) => [table.at(key), value]);
        const out = [];
        for (let i = 0; i < table.kept; i += 1) { if (tests.every(([at, value]) => at(i) === value)) { out.push(table.row(i)); } }
        return out;
      },
    };
  }

  // What answers for a table: its file where there is a server, else the page. A file that can't be read leaves the page, and says why.
  RL.open = (table) => {
    if (!RL.hasServer() || !table.file) { return Promise.resolve(inPage(table)); }
    if (!opened.has(table.name)) {
      const source = table.file.endsWith('.parquet') ? parquet(table.file) : lines(table.file);
      opened.set(table.name, source.catch((error) => ({ ...inPage(table), problem: `${table.file} can’t be read: ${error.message}` })));
    }
    return opened.get(table.name);
  };

  // All rows of a table as data.js would have them, of the columns that the page has of it.
  RL.readWhole = async (table) => {
    const source = await RL.open(table);
    if (source.problem) { throw new Error(source.problem); }
    const names = table.columns.map((column) => column.name).filter((name) => source.columns.includes(name));
    const columns = names.map((name) => ({ name, values: new Array(source.total), words: null, places: new Map() }));
    for (let at = 0; at < source.total; at += batch) {
      const rows = await source.range(at, at + batch, names);
      rows.forEach((row, i) => {
        for (const column of columns) {
          const value = row[column.name] ?? null;
          if (typeof value === 'string') {
            if (!column.places.has(value)) { column.places.set(value, column.places.size); }
            column.values[at + i] = column.places.get(value);
          } else { column.values[at + i] = typeof value === 'bigint' ? Number(value) : value; }
        }
      });
    }
    return { name: table.name, help: table.help, file: table.file, rows: source.total, kept: source.total, why: '', columns: columns.map(({ name, values, places }) => (places.size > 0 ? { name, values, words: [...places.keys()] } : { name, values })) };
  };

  // Rows for which `keep` says yes, from the file's beginning, batch by batch until there are enough: [rows, how far it looked, whether there are or may be more].
  RL.scan = async (source, keep, wanted, isCancelled, progress) => {
    const out = [];
    let at = 0;
    while (at < source.total && out.length < wanted && !isCancelled()) {
      const rows = await source.range(at, at + batch);
      for (const row of rows) { if (keep(row)) { out.push(row); } }
      at = Math.min(source.total, at + batch);
      progress(at, out.length);
    }
    return [out.slice(0, wanted), at, at < source.total || out.length > wanted];
  };
})(globalThis.RL = globalThis.RL || {});
