#!/usr/bin/env bash
# The drivers pg, postgres and PGlite store one conversation as an array, as a text, or not at all, and read one cost as a text and as a rounded float.
#
# Packages: npm pg@8.23.1, postgres@3.4.9 and @electric-sql/pglite@0.5.14 on one database, served by @electric-sql/pglite-socket@0.2.17.
# Behaviour: for a jsonb parameter, pg writes a list as an array of Postgres, which is an error, unless it is JSON text; postgres makes a JSON string of
#   JSON text, so `messages->0` is null later; PGlite takes both. numeric is a text in all three, but pg reads numeric[], as of array_agg(cost), as
#   rounded floats. A sum of int8 tokens beyond 2^53 is exact everywhere, but PGlite has a number below it and a bigint above.
# Seen on 2026-11-30 with Node 20, pg / postgres / PGlite:
#   list: error / array / array · JSON text of it: array / string / array · numeric: text / text / text · numeric[]: 0.12345678901234568 / text / text
#   int8 of 1: string / string / number · of 2^53 + 1: string / string / bigint
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts pg@8.23.1 postgres@3.4.9 @electric-sql/pglite@0.5.14 @electric-sql/pglite-socket@0.2.17

cat > check.mjs <<'CODE'
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import pg from 'pg';
import postgres from 'postgres';

const db = await PGlite.create();
const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: 0 });
const listening = new Promise((ready) => server.addEventListener('listening', ({ detail }) => ready(detail.port)));
await server.start();
const port = await listening;
const place = { host: '127.0.0.1', port, user: 'postgres', database: 'postgres' };
await db.exec('CREATE TABLE calls (messages jsonb)');

// one connection at a time: the server has one session
const drivers = {
  async pg(run) {
    const client = new pg.Client(place);
    await client.connect();
    try {
      return await run(async (sql, values) => (await client.query(sql, values)).rows);
    } finally {
      await client.end();
    }
  },
  async postgres(run) {
    const client = postgres({ ...place, max: 1 });
    try {
      return await run((sql, values) => client.unsafe(sql, values));
    } finally {
      await client.end();
    }
  },
  PGlite: (run) => run(async (sql, values) => (await db.query(sql, values)).rows),
};
const stored = (value) => async (query) => {
  await query('DELETE FROM calls');
  try {
    await query('INSERT INTO calls (messages) VALUES ($1)', [value]);
  } catch {
    return 'error';
  }
  return (await query('SELECT jsonb_typeof(messages) AS type FROM calls'))[0].type;
};
const read = (sql, show) => async (query) => show((await query(`SELECT ${sql} AS value`))[0].value);
const typed = (value) => (typeof value === 'number' ? String(value) : typeof value);
const messages = [{ role: 'user', content: 'Hello' }];
const cases = {
  list: [stored(messages), 'error / array / array'],
  'JSON text of it': [stored(JSON.stringify(messages)), 'array / string / array'],
  numeric: [read('0.1234567890123456789::numeric', typed), 'string / string / string'],
  'numeric[]': [read('array[0.1234567890123456789::numeric]', ([value]) => typed(value)), '0.12345678901234568 / string / string'],
  'int8 of 1': [read('1::int8', (value) => typeof value), 'string / string / number'],
  'int8 of 2^53 + 1': [read('9007199254740993::int8', (value) => typeof value), 'string / string / bigint'],
};
let changed = false;
for (const [name, [run, expected]] of Object.entries(cases)) {
  const seen = [];
  for (const driver of Object.values(drivers)) seen.push(await driver(run));
  console.log(`${name}: ${seen.join(' / ')}`);
  changed ||= seen.join(' / ') !== expected;
}
console.log(changed ? 'The behaviour changed.' : 'As described.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
