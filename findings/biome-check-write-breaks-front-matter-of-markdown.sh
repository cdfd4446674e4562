#!/usr/bin/env bash
# Biome's formatter of Markdown turns YAML front matter into text: nested fields lose their indentation, and the page no longer parses.
#
# Package: npm @biomejs/biome@2.6.8, beside yaml@2.9.1.
# Behaviour: `biome check --write` formats Markdown files. The block between `---` at the top of a file, which site generators read as
#   YAML, is taken for a thematic break and paragraphs: a blank line follows the first `---`, and the lines of nested maps and lists
#   are joined or moved to the margin. The command reports the file as fixed and ends with 0.
# Seen on 2026-11-29 with Node 20: "hero:\n  name: x" becomes "hero:\nname: x"; hero.name is gone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @biomejs/biome@2.6.8 yaml@2.9.1

printf -- '---\nlayout: home\nhero:\n  name: Demo\n  actions:\n    - text: Start\n      link: /start\n---\n\n# Hello\n' > page.md
cp page.md before.md
npx biome check --write page.md
cat page.md

cat > check.mjs <<'CODE'
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const front = (file) => {
  const [, text] = /^---\n([\s\S]*?)\n---\n/.exec(readFileSync(file, 'utf8')) ?? [];
  try { return text === undefined ? undefined : parse(text); } catch { return undefined; }
};
const before = front('before.md');
const after = front('page.md');
console.log('before:', JSON.stringify(before));
console.log('after: ', JSON.stringify(after));
process.exit(before?.hero?.name === 'Demo' && after?.hero?.name === undefined ? 0 : 1);
CODE
node check.mjs
