#!/usr/bin/env bash
# genai-prices bills Grok without its reasoning tokens, and cached ones at the full price.
#
# Package: npm @pydantic/genai-prices@0.1.8, extractUsage() and calcPrice(); on xAI's answer and on OpenAI's.
# Behaviour: for x-ai, extractUsage() reads prompt_tokens and completion_tokens only. xAI leaves reasoning out of completion_tokens: the total has it,
#   and it is billed as output. prompt_tokens_details.cached_tokens is not read either, though the table of prices has a price for cached tokens.
#   For openai both details are read.
# Seen on 2026-11-30 with Node 20, 100,000 prompt tokens (80,000 cached), 10,000 of the answer, 40,000 of reasoning:
#   grok-4: {"input_tokens":100000,"output_tokens":10000}, 0.45 dollars; by the same table's prices it is 0.87
#   gpt-5 on OpenAI's counters: {"cache_read_tokens":80000,"input_tokens":100000,"output_reasoning_tokens":40000,"output_tokens":50000}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @pydantic/genai-prices@0.1.8

cat > check.mjs <<'CODE'
import { calcPrice, extractUsage, findProvider } from '@pydantic/genai-prices';

const details = { prompt_tokens_details: { cached_tokens: 80_000 }, completion_tokens_details: { reasoning_tokens: 40_000 } };
const grok = { model: 'grok-4', usage: { prompt_tokens: 100_000, completion_tokens: 10_000, total_tokens: 150_000, ...details } };
const gpt = { model: 'gpt-5', usage: { prompt_tokens: 100_000, completion_tokens: 50_000, total_tokens: 150_000, ...details } };

const { usage } = extractUsage(findProvider({ providerId: 'x-ai' }), grok);
const price = calcPrice(usage, 'grok-4', { providerId: 'x-ai' });
const { input_mtok, cache_read_mtok, output_mtok } = price.model_price;
const due = (20_000 * input_mtok + 80_000 * cache_read_mtok + 50_000 * output_mtok) / 1e6;
const openai = extractUsage(findProvider({ providerId: 'openai' }), gpt, 'chat').usage;
console.log(`grok-4: ${JSON.stringify(usage)}, ${price.total_price.toFixed(2)} dollars; by the same prices it is ${due.toFixed(2)}`);
console.log(`gpt-5: ${JSON.stringify(openai)}`);
const same = JSON.stringify(usage) === '{"input_tokens":100000,"output_tokens":10000}' && openai.output_tokens === 50_000 && openai.cache_read_tokens === 80_000 && price.total_price < due / 1.5;
console.log(same ? 'As described.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
