#!/usr/bin/env bash
# unstorage answers with numbers, booleans and undefined for texts that were stored, and rounds ids of digits.
#
# Package: npm unstorage@1.17.6, with its drivers fs-lite and memory.
# Behaviour: setItem() stores a text as it is, and getItem() reads it as JSON if it looks like JSON, or as a literal. The answers "42" and "true" of a model
#   come back as 42 and true, an id of 16 digits as its neighbour, and the text undefined as a missing entry. An answer that is JSON is an object.
# Seen on 2026-11-30 with Node 20, both drivers:
#   "42": 42 (number) · "true": true (boolean) · "9007199254740993": 9007199254740992 (number) · "undefined": undefined · "{\"a\":1}": {"a":1} (object)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts unstorage@1.17.6

cat > check.mjs <<'CODE'
import { createStorage } from 'unstorage';
import files from 'unstorage/drivers/fs-lite';
import memory from 'unstorage/drivers/memory';

const stores = [createStorage({ driver: files({ base: './stored' }) }), createStorage({ driver: memory() })];
const expected = {
  42: '42 (number)',
  true: 'true (boolean)',
  '9007199254740993': '9007199254740992 (number)',
  undefined: 'undefined (undefined)',
  '{"a":1}': '{"a":1} (object)',
};
let changed = false;
for (const text of Object.keys(expected)) {
  const found = [];
  for (const store of stores) {
    await store.setItem('answer', text);
    const value = await store.getItem('answer');
    found.push(`${JSON.stringify(value)} (${typeof value})`);
  }
  const seen = found.join(' / ');
  console.log(`${JSON.stringify(text)}: ${seen}`);
  changed ||= seen !== `${expected[text]} / ${expected[text]}`;
}
console.log(changed ? 'The behaviour changed.' : 'As described: a cached answer is not the answer.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
