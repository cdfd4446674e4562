#!/usr/bin/env bash
# Limits and budgets that pass their tests on ioredis-mock behave otherwise on Redis: numbers of a script, sums of cents, and times to live.
#
# Package: npm ioredis-mock@8.13.1. Expected values are those of Redis 7 (compared with ioredis 5.11.1).
# Behaviour: a script's number keeps its fraction, which Redis cuts off, and true and false stay as they are. INCRBYFLOAT and HINCRBYFLOAT add doubles, INCRBY
#   loses integers above 2^53, and INCR takes "1.5". SET with KEEPTTL drops the time to live, and EXPIRE ignores NX and GT, so that a window
#   is extended by each call. No command raises an error.
# Seen on 2026-11-30 with Node 20, ioredis-mock / Redis:
#   return 3.7: 3.7 / 3 · return true: true / 1 · 0.1 + 0.2: 0.30000000000000004 / 0.3 · 9007199254740993 + 1: 9007199254740992 / 9007199254740994
#   INCR of 1.5: 2.5 / error · SET KEEPTTL: ttl -1 / 100 · EXPIRE NX on a key with a ttl: 1 / 0 · EXPIRE GT with less: 1 / 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts ioredis-mock@8.13.1 ioredis@5.11.1

cat > check.mjs <<'CODE'
import Redis from 'ioredis-mock';

const redis = new Redis();
const withTtl = async () => {
  await redis.set('key', '1', 'EX', 100);
};
const cases = {
  'return 3.7': [() => redis.eval('return 3.7', 0), 3.7, '3'],
  'return true': [() => redis.eval('return true', 0), true, '1'],
  '0.1 + 0.2': [async () => { await redis.incrbyfloat('key', 0.1); return redis.incrbyfloat('key', 0.2); }, '0.30000000000000004', '0.3'],
  '9007199254740993 + 1': [async () => { await redis.set('key', '9007199254740993'); return redis.incrby('key', 1); }, 9007199254740992, '9007199254740994'],
  'INCR of 1.5': [async () => { await redis.set('key', '1.5'); return redis.incr('key'); }, 2.5, 'error'],
  'SET KEEPTTL': [async () => { await withTtl(); await redis.set('key', '2', 'KEEPTTL'); return redis.ttl('key'); }, -1, '100'],
  'EXPIRE NX on a key with a ttl': [async () => { await withTtl(); return redis.expire('key', 50, 'NX'); }, 1, '0'],
  'EXPIRE GT with less': [async () => { await withTtl(); return redis.expire('key', 50, 'GT'); }, 1, '0'],
};
let changed = false;
for (const [name, [run, mock, real]] of Object.entries(cases)) {
  await redis.flushall();
  const seen = await run();
  console.log(`${name}: ${JSON.stringify(seen)} / ${real}`);
  changed ||= seen !== mock;
}
console.log(changed ? 'The behaviour changed.' : 'As described.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
