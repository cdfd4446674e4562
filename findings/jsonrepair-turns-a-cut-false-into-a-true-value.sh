#!/usr/bin/env bash
# jsonrepair makes a cut `false` a string, which counts as true, and takes the backslashes out of a regular expression.
#
# Package: npm jsonrepair@3.15.0, jsonrepair(text), on tool arguments as models write them; beside it partial-json@0.1.7.
# Behaviour: a literal cut at the token limit becomes a string of its letters, so the type changes and `if (dry_run)` holds. An
#   escape that JSON doesn't know loses its backslash in place of gaining a second one. Neither raises an error.
# Seen on 2026-11-29 with Node 20:
#   {"dry_run": fal → {"dry_run":"fal"} · {"after": nul → {"after":"nul"} · {"match":"\d+\s"} → {"match":"d+s"}
#   partial-json on the first two: {"dry_run":false} · {"after":null}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts jsonrepair@3.15.0 partial-json@0.1.7

cat > check.mjs <<'CODE'
import { jsonrepair } from 'jsonrepair';
import { parse } from 'partial-json';

const read = (call) => {
  try {
    return JSON.stringify(call());
  } catch (error) {
    return error.constructor.name;
  }
};
const cases = [
  ['{"dry_run": fal', '{"dry_run":"fal"}', '{"dry_run":false}'],
  ['{"after": nul', '{"after":"nul"}', '{"after":null}'],
  [String.raw`{"match":"\d+\s"}`, '{"match":"d+s"}'],
];
console.log('jsonrepair 3.15.0, partial-json 0.1.7');
let changed = false;
for (const [text, repaired, parsed] of cases) {
  const seen = read(() => JSON.parse(jsonrepair(text)));
  const peer = read(() => parse(text));
  console.log(`${text.padEnd(18)} jsonrepair ${seen}${parsed ? ` · partial-json ${peer}` : ''}`);
  changed ||= seen !== repaired || (parsed !== undefined && peer !== parsed);
}
console.log(changed ? 'The behaviour changed.' : 'As described: a value of another type, and another pattern.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
