#!/usr/bin/env bash
# best-effort-json-parser reads the cut text {"amount": 2e6, "dry_run": tr as an amount of 2 and a key `e6, "dry_run"`.
#
# Package: npm best-effort-json-parser@1.5.1, parse(text), on tool arguments as they stream in; beside it partial-json@0.1.7 and jsonrepair@3.15.0.
# Behaviour: as long as the text isn't whole, a number ends before its exponent, and the rest up to the next colon becomes the name of the next
#   member. A value that has arrived in full is wrong by a factor of a million, the member behind it has another name, and no error is raised.
#   JSON.stringify writes 1e-7 and 1e+21 in this form itself.
# Seen on 2026-11-30 with Node 20:
#   {"amount": 2e6, "dry_run": tr → {"amount":2,"e6, \"dry_run\"":true} · {"rate":1e-7,"unit":"m → {"rate":1,"e-7,\"unit\"":"m"}
#   partial-json and jsonrepair read both numbers right
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts best-effort-json-parser@1.5.1 partial-json@0.1.7 jsonrepair@3.15.0

cat > check.mjs <<'CODE'
import { parse } from 'best-effort-json-parser';
import { jsonrepair } from 'jsonrepair';
import { parse as partial } from 'partial-json';

const cases = [
  ['{"amount": 2e6, "dry_run": tr', 2e6, '{"amount":2,"e6, \\"dry_run\\"":true}'],
  ['{"rate":1e-7,"unit":"m', 1e-7, '{"rate":1,"e-7,\\"unit\\"":"m"}'],
];
let changed = false;
for (const [text, number, known] of cases) {
  const seen = JSON.stringify(parse(text));
  const others = [partial(text), JSON.parse(jsonrepair(text))].every((value) => Object.values(value)[0] === number);
  console.log(`${text} → ${seen} · partial-json and jsonrepair: the number is ${others ? 'right' : 'wrong'}`);
  changed ||= seen !== known || !others;
}
console.log(changed ? 'The behaviour changed.' : 'As described: another number and another key.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
