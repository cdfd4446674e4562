#!/usr/bin/env bash
# libsql's all() keeps about a kilobyte outside of the heap with each call, also after a garbage collection; get() keeps nothing.
#
# Package: npm libsql@0.5.29 (with @libsql/linux-x64-gnu@0.5.29).
# Behaviour: the same prepared SELECT of two rows, 200,000 times. iterate() behaves like all(), which uses it.
# Seen on 2026-11-30 with Node 20 on Linux: resident memory rises by about 180 MB with all(), and by under 10 MB with get() or run().
# Way round: let the query give its rows as one, `SELECT json_group_array(json_object('id', id)) FROM (…)`, and use get().
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts libsql@0.5.29

cat > check.cjs <<'CODE'
const Database = require('libsql');
const database = new Database(':memory:');
database.exec("CREATE TABLE t (id TEXT); INSERT INTO t VALUES ('a'), ('b')");
const rise = (method) => {
  const statement = database.prepare('SELECT id FROM t');
  const run = (times) => {
    for (let i = 0; i < times; i++) statement[method]();
    globalThis.gc();
  };
  run(20_000);
  const before = process.memoryUsage.rss();
  run(200_000);
  return Math.round((process.memoryUsage.rss() - before) / 1e6);
};
const [get, run, all] = ['get', 'run', 'all'].map(rise);
console.log(`200,000 calls: get() +${get} MB, run() +${run} MB, all() +${all} MB`);
const same = get < 30 && run < 30 && all > 90;
console.log(same ? 'As described: all() keeps memory.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node --expose-gc check.cjs
