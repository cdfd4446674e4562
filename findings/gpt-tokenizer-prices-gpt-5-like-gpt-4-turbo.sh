#!/usr/bin/env bash
# gpt-tokenizer estimates gpt-4o, gpt-4.1 and gpt-5 at the price of gpt-4-turbo, and o3 at that of o1; it can't count a chat with a tool call.
#
# Packages: npm gpt-tokenizer@4.0.0 (estimateCost of gpt-tokenizer/model/...), beside @pydantic/genai-prices@0.1.8.
# Behaviour: the newer models of a family have the prices of its first one, which are three to eight times theirs, and there is no way to see that.
#   Prices of the small models are unknown and raise an error. encodeChat raises a TypeError for an assistant message whose content is null,
#   as each answer with tool calls has it.
# Seen on 2026-11-30 with Node 20, dollars for a million input / output tokens, gpt-tokenizer and @pydantic/genai-prices:
#   gpt-4-turbo 10/30 and 10/30 · gpt-4o 10/30 and 2.5/10 · gpt-4.1 10/30 and 2/8 · gpt-5 10/30 and 1.25/10 · o3 15/60 and 2/8
#   gpt-5-mini: no cost information · encodeChat with a tool call: TypeError
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts gpt-tokenizer@4.0.0 @pydantic/genai-prices@0.1.8

cat > check.mjs <<'CODE'
import { calcPrice } from '@pydantic/genai-prices';

const million = 1_000_000;
const cents = (dollars) => Math.round(dollars * 100) / 100;
async function estimated(name) {
  const { estimateCost } = await import(`gpt-tokenizer/model/${name}`);
  try {
    const { main } = estimateCost(million);
    return `${cents(main.input)}/${cents(main.output)}`;
  } catch (error) {
    return error.message.includes('No cost information') ? 'no cost information' : error.message;
  }
}
const listed = (name) => {
  const { input_price, output_price } = calcPrice({ input_tokens: million, output_tokens: million }, name, { providerId: 'openai' });
  return `${cents(input_price)}/${cents(output_price)}`;
};
const expected = {
  'gpt-4-turbo': '10/30 and 10/30',
  'gpt-4o': '10/30 and 2.5/10',
  'gpt-4.1': '10/30 and 2/8',
  'gpt-5': '10/30 and 1.25/10',
  o3: '15/60 and 2/8',
  'gpt-5-mini': 'no cost information and 0.25/2',
};
let changed = false;
for (const [name, known] of Object.entries(expected)) {
  const seen = `${await estimated(name)} and ${listed(name)}`;
  console.log(`${name}: ${seen}`);
  changed ||= seen !== known;
}
const { encodeChat } = await import('gpt-tokenizer/model/gpt-4o');
const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } };
let outcome = 'counted';
try {
  encodeChat([{ role: 'user', content: 'Look up' }, { role: 'assistant', content: null, tool_calls: [call] }]);
} catch (error) {
  outcome = error.constructor.name;
}
console.log(`encodeChat with a tool call: ${outcome}`);
changed ||= outcome !== 'TypeError';
console.log(changed ? 'The behaviour changed.' : 'As described: prices of older models.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
