#!/usr/bin/env bash
# The OpenAI Agents SDK doesn't run a tool that Chat Completions calls with empty arguments, and takes a filtered answer for a final one.
#
# Packages: npm @openai/agents@0.20.0 with openai@6.49.0 (OpenAIChatCompletionsModel, streaming).
# Behaviour: for a tool without parameters, compatible servers stream a call whose arguments are an empty string. The SDK answers
#   such a call itself with "An error occurred while parsing tool arguments"; the tool doesn't run. With "{}" it does. The type of a
#   tool call's delta lets a server repeat the name in each piece: the SDK joins the names and raises "Tool nownow not found". A stream
#   that ends with the finish reason content_filter or length resolves finalOutput like a whole answer.
# Seen on 2026-11-29 with Node 20:
#   arguments {}: runs 1, output "12:00"
#   empty arguments: runs 0, output "An error occurred while parsing tool arguments. Please try again with valid JSON."
#   name in each piece: runs 0, error "Tool nownow not found in agent clock."
#   finish reason content_filter: output "Half an"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps @openai/agents@0.20.0 openai@6.49.0 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { Agent, OpenAIChatCompletionsModel, run, setTracingDisabled, tool } from '@openai/agents';
import OpenAI from 'openai';
import { z } from 'zod';

setTracingDisabled(true);
const chunk = (delta, finish_reason = null) => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }] });
const piece = (name, text, role) => chunk({ ...role, tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name, arguments: text } }] });
const assistant = { role: 'assistant' };
const streams = {
  'arguments {}': [piece('now', '{}', assistant), chunk({}, 'tool_calls')],
  'empty arguments': [piece('now', '', assistant), chunk({}, 'tool_calls')],
  'name in each piece': [piece('now', '{', assistant), piece('now', '}'), chunk({}, 'tool_calls')],
  'finish reason content_filter': [chunk({ ...assistant, content: 'Half an' }), chunk({}, 'content_filter')],
};
let chunks;
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(`${chunks.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('')}data: [DONE]\n\n`);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const client = new OpenAI({ apiKey: 'any', baseURL: `http://127.0.0.1:${server.address().port}/v1`, maxRetries: 0 });

async function seen(tools) {
  let runs = 0;
  const now = tool({ name: 'now', description: 'The time', parameters: z.object({}), execute: async () => { runs += 1; return '12:00'; } });
  const agent = new Agent({ name: 'clock', model: new OpenAIChatCompletionsModel(client, 'm'), tools: [now], toolUseBehavior: 'stop_on_first_tool' });
  const counted = () => (tools ? `runs ${runs}, ` : '');
  try {
    const result = await run(agent, 'Hello', { stream: true, maxTurns: 1 });
    for await (const _ of result);
    await result.completed;
    return `${counted()}output ${JSON.stringify(result.finalOutput)}`;
  } catch (error) {
    return `${counted()}error ${JSON.stringify(error.message)}`;
  }
}
const expected = {
  'arguments {}': 'runs 1, output "12:00"',
  'empty arguments': 'runs 0, output "An error occurred while parsing tool arguments. Please try again with valid JSON."',
  'name in each piece': 'runs 0, error "Tool nownow not found in agent clock."',
  'finish reason content_filter': 'output "Half an"',
};
let changed = false;
for (const [name, stream] of Object.entries(streams)) {
  chunks = stream;
  const line = await seen(!name.startsWith('finish'));
  console.log(`${name}: ${line}`);
  changed ||= line !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described: the tool ran only for {}.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
