#!/usr/bin/env bash
# libsql, which has better-sqlite3's interface, fills missing parameters with NULL, reports 0 changes for an insert, and adds to a row.
#
# Package: npm libsql@0.5.29.
# Behaviour: better-sqlite3, whose interface the package documents as its own, raises for a wrong number of parameters, for text
#   with two statements, and for an async transaction function. libsql stores NULL for a missing parameter, drops one too
#   many, runs the first of two statements, and commits an async function's transaction before its first await has settled.
#   run() of "insert ... returning" inserts the row and reports changes: 0. get() adds a property _metadata to the row; all() doesn't.
# Seen on 2026-11-29 with Node 20:
#   one parameter of two: {"a":1,"b":null}
#   three parameters of two: {"a":1,"b":"two"}
#   two statements in one: 1 row inserted, no error
#   insert with returning: changes 0, rows 1
#   get() has: a,_metadata · all() has: a
#   async transaction that fails later: 1 row kept
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts libsql@0.5.29

cat > check.mjs <<'CODE'
import Database from 'libsql';

const open = () => {
  const database = new Database(':memory:');
  database.exec('create table t (a integer, b text)');
  return database;
};
const rows = (database) => JSON.stringify(database.prepare('select a, b from t').all()[0]);
const count = (database) => database.prepare('select a from t').all().length;
const lines = [];

let database = open();
database.prepare('insert into t values (?, ?)').run(1);
lines.push(`one parameter of two: ${rows(database)}`);

database = open();
database.prepare('insert into t values (?, ?)').run(1, 'two', 'three');
lines.push(`three parameters of two: ${rows(database)}`);

database = open();
database.prepare("insert into t values (1, 'x'); insert into t values (2, 'y')").run();
lines.push(`two statements in one: ${count(database)} row inserted, no error`);

database = open();
const { changes } = database.prepare("insert into t values (1, 'x') returning a").run();
lines.push(`insert with returning: changes ${changes}, rows ${count(database)}`);
lines.push(`get() has: ${Object.keys(database.prepare('select a from t').get())} · all() has: ${Object.keys(database.prepare('select a from t').all()[0])}`);

database = open();
const later = database.transaction(async () => {
  database.prepare("insert into t values (1, 'x')").run();
  await null;
  throw new Error('undo it');
});
await later().catch(() => {});
lines.push(`async transaction that fails later: ${count(database)} row kept`);

const expected = [
  'one parameter of two: {"a":1,"b":null}',
  'three parameters of two: {"a":1,"b":"two"}',
  'two statements in one: 1 row inserted, no error',
  'insert with returning: changes 0, rows 1',
  'get() has: a,_metadata · all() has: a',
  'async transaction that fails later: 1 row kept',
];
for (const line of lines) console.log(line);
const changed = JSON.stringify(lines) !== JSON.stringify(expected);
console.log(changed ? 'The behaviour changed.' : 'As described: none of these raised an error.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
