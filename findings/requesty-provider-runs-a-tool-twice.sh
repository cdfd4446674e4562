#!/usr/bin/env bash
# The Requesty provider of the AI SDK hands out one tool call twice if white space follows its arguments, so the tool runs twice.
#
# Packages: npm @requesty/ai-sdk@3.6.1 with ai@6.0.326 and zod@4.4.3; beside @ai-sdk/openai-compatible@2.0.60 on the same bytes.
# Behaviour: a call is complete as soon as its arguments are JSON. A later piece of the same call is added, the text is JSON again, and the call is
#   handed out again under the same id. Models end arguments with a line break or a space. A chunk whose content and tool_calls are null
#   is a type error beside the answer.
# Seen on 2026-11-30 with Node 20, pieces {"city":"Rome"} and a line break:
#   requesty: tool ran 2 times, ids t1, t1 · openai-compatible: tool ran 1 times, ids t1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @requesty/ai-sdk@3.6.1 ai@6.0.326 @ai-sdk/openai-compatible@2.0.60 zod@4.4.3

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createRequesty } from '@requesty/ai-sdk';
import { streamText, tool } from 'ai';
import { z } from 'zod';

const chunk = (delta, finish_reason = null) => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const stream = [
  chunk({ role: 'assistant', tool_calls: [{ index: 0, id: 't1', type: 'function', function: { name: 'order', arguments: '{"city":"Rome"}' } }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '\n' } }] }),
  chunk({}, 'tool_calls'),
  'data: [DONE]\n\n',
].join('');
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(stream);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}/v1`;

async function run(model) {
  let ran = 0;
  const tools = { order: tool({ description: 'Orders.', inputSchema: z.object({ city: z.string() }), execute: () => ++ran }) };
  const ids = [];
  for await (const part of streamText({ model, prompt: 'Hello', tools }).fullStream) {
    if (part.type === 'tool-call') ids.push(part.toolCallId);
  }
  return `tool ran ${ran} times, ids ${ids.join(', ')}`;
}
const requesty = await run(createRequesty({ apiKey: 'any', baseURL })('openai/gpt-4o'));
const compatible = await run(createOpenAICompatible({ name: 'any', apiKey: 'any', baseURL })('m'));
const seen = `requesty: ${requesty} · openai-compatible: ${compatible}`;
console.log(seen);
const same = seen === 'requesty: tool ran 2 times, ids t1, t1 · openai-compatible: tool ran 1 times, ids t1';
console.log(same ? 'As described.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
