#!/usr/bin/env bash
# tokenlens prices openai/gpt-4o at 0 dollars and openai:gpt-4o at 12.50: the separator picks another seller.
#
# Package: npm tokenlens@1.3.1, resolveModel and estimateCost with the catalogue in the package.
# Behaviour: `openai:gpt-4o` is OpenAI's model. `openai/gpt-4o`, the way gateways and OpenRouter write it, is taken for an alias
#   and ends at the first seller that lists this id, here one with a free playground. Other models of the same family
#   end elsewhere, so openai/gpt-4.1 has its true price. There is no warning, and 0 is not told from "unknown" ({}).
# Seen on 2026-11-29 with Node 20, dollars for a million tokens in and a million out:
#   openai:gpt-4o 12.5 · openai/gpt-4o 0 (github-models) · openai:o3 10 · openai/o3 0 (github-models) · openai/gpt-4.1 10 (fastrouter)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts tokenlens@1.3.1

cat > check.mjs <<'CODE'
import { estimateCost, resolveModel } from 'tokenlens';

const expected = {
  'openai:gpt-4o': 'openai 12.5',
  'openai/gpt-4o': 'github-models 0',
  'openai:o3': 'openai 10',
  'openai/o3': 'github-models 0',
  'openai/gpt-4.1': 'fastrouter 10',
};
console.log('tokenlens 1.3.1: seller, and dollars for a million tokens in and a million out');
let changed = false;
for (const [modelId, known] of Object.entries(expected)) {
  const cost = estimateCost({ modelId, usage: { inputTokens: 1e6, outputTokens: 1e6 } });
  const seller = resolveModel(modelId)?.id.split(':')[0];
  const seen = `${seller} ${cost.totalUSD}`;
  console.log(`${modelId.padEnd(16)} ${seen}`);
  changed ||= seen !== known;
}
console.log(changed ? 'The behaviour changed.' : 'As described: the same model is free under the id that gateways use.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
