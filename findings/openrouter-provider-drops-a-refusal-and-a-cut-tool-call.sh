#!/usr/bin/env bash
# OpenRouter's provider for the AI SDK has an empty answer with the finish reason stop for a refusal, and no trace of a tool call that was cut.
#
# Packages: npm @openrouter/ai-sdk-provider@3.1.0 with ai@7.0.173, streamText; beside @ai-sdk/openai-compatible@3.0.92 on the same events.
# Behaviour: `refusal` of a delta is dropped. A call whose arguments the token limit cut is in no part of the result and not in the history, so a loop
#   can't hand the model an error; the other provider gives the words of the refusal and marks the call as invalid.
# Seen on 2026-11-30 with Node 20, @openrouter/ai-sdk-provider / @ai-sdk/openai-compatible:
#   refusal "I can't help.": "" stop / "I can't help." content-filter
#   cut call: 0 tool calls, history of 0 messages / 1 tool call, history of 2 messages
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  @openrouter/ai-sdk-provider@3.1.0 ai@7.0.173 @ai-sdk/openai-compatible@3.0.92 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createOpenRouter } from '@openrouter/ai-sdk-provider';
import { jsonSchema, streamText, tool } from 'ai';

const chunk = (delta, finish_reason = null) => ({ id: 'gen-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }] });
const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":"sk' } };
const refusal = [chunk({ role: 'assistant', content: '', refusal: "I can't " }), chunk({ refusal: 'help.' }), chunk({}, 'stop')];
const cut = [chunk({ role: 'assistant', content: null, tool_calls: [call] }), chunk({}, 'length')];
let events;
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(`${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}`;
const models = {
  '@openrouter/ai-sdk-provider': createOpenRouter({ apiKey: 'any', baseURL }).chat('m'),
  '@ai-sdk/openai-compatible': createOpenAICompatible({ name: 'local', apiKey: 'any', baseURL })('m'),
};
async function run(model, body) {
  events = body;
  const tools = { look: tool({ inputSchema: jsonSchema({ type: 'object' }), execute: () => 'blue' }) };
  const result = streamText({ model, prompt: 'Look up', tools, maxRetries: 0, onError() {} });
  await result.consumeStream();
  return { text: await result.text, reason: await result.finishReason, calls: await result.toolCalls, history: (await result.response).messages };
}
const seen = { refusal: [], 'cut call': [] };
for (const model of Object.values(models)) {
  const refused = await run(model, refusal);
  seen.refusal.push(`${JSON.stringify(refused.text)} ${refused.reason}`);
  const { calls, history } = await run(model, cut);
  seen['cut call'].push(`${calls.length} tool calls, history of ${history.length} messages`);
}
const expected = {
  refusal: '"" stop / "I can\'t help." content-filter',
  'cut call': '0 tool calls, history of 0 messages / 1 tool calls, history of 2 messages',
};
let changed = false;
for (const [name, lines] of Object.entries(seen)) {
  console.log(`${name}: ${lines.join(' / ')}`);
  changed ||= lines.join(' / ') !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described: neither the words nor the call reach the program.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
