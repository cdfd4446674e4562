#!/usr/bin/env bash
# Chonkie's RecursiveChunker writes other characters than the text has: an emoji is cut in two, and later letters become spaces.
#
# Package: npm @chonkiejs/core@0.0.11, RecursiveChunker with its default chunk size of 512; beside its TokenChunker on the same text.
# Behaviour: lengths in UTF-8 bytes and in UTF-16 units are mixed, so that after the first emoji the pieces drift: letters are missing,
#   spaces stand in their place, and startIndex and endIndex point elsewhere. TokenChunker keeps the text.
# Seen on 2026-11-30 with Node 20, 80 times "I like 😀 and 🎉. ":
#   RecursiveChunker begins: "I like 😀 a d \ud83c . I l k  😀  nd" · chunks that are in the text: 0 of 3
#   TokenChunker: the text, 3 of 3
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @chonkiejs/core@0.0.11

cat > check.mjs <<'CODE'
import { RecursiveChunker, TokenChunker } from '@chonkiejs/core';

const text = 'I like 😀 and 🎉. '.repeat(80);
async function run(chunker) {
  const chunks = await chunker.chunk(text);
  const kept = chunks.filter((chunk) => text.includes(chunk.text)).length;
  return { text: chunks.map((chunk) => chunk.text).join(''), kept: `${kept} of ${chunks.length}` };
}
const recursive = await run(await RecursiveChunker.create({ chunkSize: 512 }));
const tokens = await run(await TokenChunker.create({ chunkSize: 512, chunkOverlap: 0 }));
console.log(`RecursiveChunker: ${recursive.kept} chunks are in the text; it begins ${JSON.stringify(recursive.text.slice(0, 34))}`);
console.log(`TokenChunker: ${tokens.kept} chunks are in the text; joined they are ${tokens.text === text ? 'the text' : 'another text'}`);
const same = recursive.kept === '0 of 3' && recursive.text.startsWith('I like 😀 a d \ud83c . I l k ') && tokens.kept === '3 of 3' && tokens.text === text;
console.log(same ? 'As described: the text that is embedded is not the text that was given.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
