#!/usr/bin/env bash
# Strands Agents runs only the last of a stream's parallel tool calls, and counts no token if the usage comes with the finish reason.
#
# Package: npm @strands-agents/sdk@1.19.0, Agent with OpenAIModel({ api: 'chat' }); beside ai@7.0.173 with @ai-sdk/openai@4.0.118.
# Behaviour: each call that begins takes the place of the one before, so of two calls in OpenAI's own order the first is neither run nor in the history.
#   There is no error. Calls whose pieces alternate raise "unable to parse tool input JSON". The usage is read from a chunk without choices only;
#   a compatible server that sends it with the finish reason costs nothing. The AI SDK reads all of them.
# Seen on 2026-11-30 with Node 20, @strands-agents/sdk / ai:
#   one after the other: add / look, add · both in one chunk: add / look, add · alternating: ModelError / look, add
#   usage in a chunk of its own: 80 / 80 · usage with the finish reason: 0 / 80
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  @strands-agents/sdk@1.19.0 @modelcontextprotocol/sdk@1.32.2 @opentelemetry/api@1.9.0 @opentelemetry/sdk-trace-base@2.2.0 @opentelemetry/resources@2.2.0 \
  openai@7.59.0 ai@7.0.173 @ai-sdk/openai@4.0.118 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { createOpenAI } from '@ai-sdk/openai';
import { Agent, tool } from '@strands-agents/sdk';
import { OpenAIModel } from '@strands-agents/sdk/models/openai';
import { tool as aiTool, jsonSchema, stepCountIs, streamText } from 'ai';

const usage = { prompt_tokens: 50, completion_tokens: 30, total_tokens: 80 };
const chunk = (delta, finish_reason = null, rest = {}) => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }], ...rest });
const calls = (...pieces) => chunk({ role: 'assistant', content: null, tool_calls: pieces });
const open = (index, name, text) => ({ index, id: `call_${index}`, type: 'function', function: { name, arguments: text } });
const more = (index, text) => ({ index, function: { arguments: text } });
const end = chunk({}, 'tool_calls');
const text = chunk({ role: 'assistant', content: 'Hello' });
const own = { ...chunk({}), choices: [], usage };
const tools = {
  'one after the other': [calls(open(0, 'look', '')), calls(more(0, '{"at":')), calls(more(0, '"sky"}')), calls(open(1, 'add', '')), calls(more(1, '{"a":1}')), end],
  'both in one chunk': [calls(open(0, 'look', '{"at":"sky"}'), open(1, 'add', '{"a":1}')), end],
  alternating: [calls(open(0, 'look', '{"at":')), calls(open(1, 'add', '{"a":')), calls(more(0, '"sky"}')), calls(more(1, '1}')), end],
};
const counted = {
  'usage in a chunk of its own': [text, chunk({}, 'stop'), own],
  'usage with the finish reason': [text, chunk({}, 'stop', { usage })],
};
let first, requests;
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const events = requests++ === 0 ? first : [text, chunk({}, 'stop')];
  response.end(`${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}`;
const names = ['look', 'add'];

async function strands(ran) {
  const list = names.map((name) => tool({ name, description: name, inputSchema: { type: 'object', properties: {} }, callback: () => (ran.push(name), 'ok') }));
  const model = new OpenAIModel({ api: 'chat', apiKey: 'any', modelId: 'm', clientConfig: { baseURL, maxRetries: 0 } });
  const result = await new Agent({ model, tools: list, printer: false }).invoke('Go');
  return result.metrics.accumulatedUsage.totalTokens;
}
async function ai(ran) {
  const set = Object.fromEntries(names.map((name) => [name, aiTool({ inputSchema: jsonSchema({ type: 'object' }), execute: () => (ran.push(name), 'ok') })]));
  const result = streamText({ model: createOpenAI({ apiKey: 'any', baseURL }).chat('m'), prompt: 'Go', tools: set, stopWhen: stepCountIs(2) });
  await result.consumeStream();
  return (await result.totalUsage).totalTokens;
}
const expected = {
  'one after the other': 'add / look, add',
  'both in one chunk': 'add / look, add',
  alternating: 'ModelError / look, add',
  'usage in a chunk of its own': '80 / 80',
  'usage with the finish reason': '0 / 80',
};
console.error = () => {}; // the package logs what it can't parse
let changed = false;
console.log('@strands-agents/sdk 1.19.0 / ai 7.0.173');
for (const [name, events] of Object.entries({ ...tools, ...counted })) {
  first = events;
  const both = [];
  for (const run of [strands, ai]) {
    requests = 0;
    const ran = [];
    const total = await run(ran).catch((error) => error.constructor.name);
    both.push(name in counted || typeof total === 'string' ? total : ran.join(', '));
  }
  console.log(`${name}: ${both.join(' / ')}`);
  changed ||= both.join(' / ') !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described: a call and a usage are lost without an error.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
