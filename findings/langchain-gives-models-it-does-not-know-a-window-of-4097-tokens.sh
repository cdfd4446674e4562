#!/usr/bin/env bash
# LangChain's context sizes put o3, gpt-4.1 and Claude 4 at 4,097 tokens, and any name that begins with gpt-5 at 400,000.
#
# Package: npm @langchain/core@1.4.0.
# Behaviour: getModelContextSize() answers 4097 for each name that it doesn't know, without a warning, and calculateMaxTokens()
#   subtracts from that. So the newer of two models gets the smaller window: gpt-4o 128,000, gpt-4.1 4,097, though its maker states
#   1,047,576; claude-3-5-sonnet-20241022 200,000, claude-sonnet-4-5 4,097. A made-up gpt-5-anything gets 400,000.
# Seen on 2026-11-29 with Node 20:
#   gpt-4o 128000 · gpt-4.1 4097 · o3 4097 · claude-3-5-sonnet-20241022 200000 · claude-sonnet-4-5 4097 · gpt-5-made-up 400000
#   calculateMaxTokens for gpt-4.1 and a prompt of one word: under 4097
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @langchain/core@1.4.0

cat > check.mjs <<'CODE'
import { calculateMaxTokens, getModelContextSize } from '@langchain/core/language_models/base';

// counting tokens needs a download; without it LangChain estimates, and says so on the console
globalThis.fetch = async () => { throw new Error('no network'); };
console.warn = () => {};

const expected = { 'gpt-4o': 128000, 'gpt-4.1': 4097, o3: 4097, 'claude-3-5-sonnet-20241022': 200000, 'claude-sonnet-4-5': 4097, 'gpt-5-made-up': 400000 };
const sizes = Object.keys(expected).map((model) => [model, getModelContextSize(model)]);
console.log(sizes.map((pair) => pair.join(' ')).join(' · '));
const left = await calculateMaxTokens({ prompt: 'Hello', modelName: 'gpt-4.1' });
console.log(`calculateMaxTokens for gpt-4.1 and a prompt of one word: ${left < 4097 ? 'under 4097' : left}`);
const changed = left >= 4097 || sizes.some(([model, size]) => size !== expected[model]);
console.log(changed ? 'The behaviour changed.' : 'As described: unknown models get 4097 tokens.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
