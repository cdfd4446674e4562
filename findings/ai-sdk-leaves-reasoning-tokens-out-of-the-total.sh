#!/usr/bin/env bash
# The AI SDK replaces the server's total_tokens by its own sum: reasoning tokens that the host counts apart are in no total.
#
# Packages: npm @ai-sdk/openai-compatible@3.0.92 with ai@7.0.173, beside openai@7.59.0.
# Behaviour: OpenAI counts reasoning tokens within completion_tokens; xAI and some compatible hosts count them beside, so that
#   total_tokens = prompt + completion + reasoning. The AI SDK ignores total_tokens. It has an output of 3 tokens, 30 of
#   which are reasoning, so that the text has 0, and a total of 103 for a call that the server books with 133.
# Seen on 2026-11-29 with Node 20, for prompt 100, completion 3, reasoning 30, total 133:
#   ai: output 3, reasoning 30, text 0, total 103 · openai: total 133
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts \
  @ai-sdk/openai-compatible@3.0.92 ai@7.0.173 zod@4.6.7 openai@7.59.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText } from 'ai';
import OpenAI from 'openai';

const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({
    id: 'c', object: 'chat.completion', created: 1, model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Good day.', reasoning_content: 'A greeting.' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 100, completion_tokens: 3, total_tokens: 133, completion_tokens_details: { reasoning_tokens: 30 } },
  }));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}`;

const { usage } = await generateText({ model: createOpenAICompatible({ name: 'host', apiKey: 'any', baseURL })('m'), prompt: 'Hello' });
const official = await new OpenAI({ apiKey: 'any', baseURL }).chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'Hello' }] });

const seen = `output ${usage.outputTokens}, reasoning ${usage.outputTokenDetails.reasoningTokens}, text ${usage.outputTokenDetails.textTokens}, total ${usage.totalTokens}`;
console.log(`@ai-sdk/openai-compatible 3.0.92: ${seen}`);
console.log(`openai 7.59.0:                    total ${official.usage.total_tokens}`);
const same = seen === 'output 3, reasoning 30, text 0, total 103' && official.usage.total_tokens === 133;
console.log(same ? 'As described: 30 tokens are in no total.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
