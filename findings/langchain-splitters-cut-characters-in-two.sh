#!/usr/bin/env bash
# LangChain's text splitters cut characters in two: a chunk ends with half of an emoji, and a character of four tokens is lost for good.
#
# Package: npm @langchain/textsplitters@1.0.2 with @langchain/core@1.4.0 and js-tiktoken@1.0.21.
# Behaviour: RecursiveCharacterTextSplitter counts UTF-16 units and cuts between the two of a character. Sent as UTF-8, both halves become U+FFFD.
#   TokenTextSplitter decodes each group of tokens for itself; a character whose tokens fall into two groups becomes U+FFFD on both sides,
#   so that the chunks together no longer have the text.
# Seen on 2026-11-30 with Node 20:
#   characters, "ab😀😀😀😀cd" by 5: chunks that are no valid text: 2 · tokens, a sentence with kanji and emoji by 3: replacement characters: 5, lost: 🎉世
# The encoding that TokenTextSplitter downloads comes from js-tiktoken here, in place of the network.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @langchain/textsplitters@1.0.2 @langchain/core@1.4.0 js-tiktoken@1.0.21

cat > check.mjs <<'CODE'
import ranks from 'js-tiktoken/ranks/cl100k_base';
import { RecursiveCharacterTextSplitter, TokenTextSplitter } from '@langchain/textsplitters';

globalThis.fetch = async () => Response.json(ranks);
const short = 'ab😀😀😀😀cd';
const characters = await new RecursiveCharacterTextSplitter({ chunkSize: 5, chunkOverlap: 0 }).splitText(short);
const invalid = characters.filter((chunk) => Buffer.from(chunk).toString() !== chunk).length;

const sentence = '価格は😀🎉です。こんにちは世界';
const tokens = await new TokenTextSplitter({ encodingName: 'cl100k_base', chunkSize: 3, chunkOverlap: 0 }).splitText(sentence);
const joined = tokens.join('');
const lost = [...sentence].filter((character) => !joined.includes(character));
const seen = `chunks that are no valid text: ${invalid} · replacement characters: ${joined.split('\ufffd').length - 1} · lost: ${lost.join('')}`;
console.log(characters, tokens);
console.log(seen);
const same = seen === 'chunks that are no valid text: 2 · replacement characters: 5 · lost: 🎉世';
console.log(same ? 'As described.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
