#!/usr/bin/env bash
# token.js sends Claude half of the temperature, numbers streamed tool calls with gaps, and has "unknown" for a refusal.
#
# Package: npm token.js@0.7.1, chat.completions.create with provider 'anthropic'.
# Behaviour: a temperature is divided by two, so 0.7 arrives as 0.35, and 1 as 0.5. The index of a streamed call is its content block's
#   less that of the first call: with text or thinking between two calls the indices are 0 and 2. The stream has no usage, also with
#   stream_options.include_usage, and two chunks with a finish reason. stop_reason refusal becomes finish_reason "unknown".
# Seen on 2026-11-30 with Node 20:
#   temperature sent: 0.35 · indices of two calls: 0, 2 · chunks with a finish reason: 2 · usage in the stream: none · refusal: "unknown"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts token.js@0.7.1

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';

const answer = (content, stop_reason) => ({ id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', content, stop_reason, stop_sequence: null, usage: { input_tokens: 10, output_tokens: 5 } });
const call = (index, id) => [
  { type: 'content_block_start', index, content_block: { type: 'tool_use', id, name: 'weather', input: {} } },
  { type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: '{"city":"Rome"}' } },
  { type: 'content_block_stop', index },
];
const events = [
  { type: 'message_start', message: { ...answer([], null), usage: { input_tokens: 10, output_tokens: 1 } } },
  ...call(0, 'toolu_1'),
  { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'And one more.' } },
  { type: 'content_block_stop', index: 1 },
  ...call(2, 'toolu_2'),
  { type: 'message_delta', delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 5 } },
  { type: 'message_stop' },
];
let sent;
const server = createServer(async (request, response) => {
  let text = '';
  for await (const piece of request) text += piece;
  sent = JSON.parse(text);
  if (!sent.stream) {
    response.writeHead(200, { 'content-type': 'application/json' });
    return response.end(JSON.stringify(answer([{ type: 'text', text: 'I can not help with that.' }], 'refusal')));
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
process.env.ANTHROPIC_BASE_URL = `http://127.0.0.1:${server.address().port}`;
const { TokenJS } = await import('token.js');
const client = new TokenJS({ apiKey: 'any' }).extendModelList('anthropic', 'claude-sonnet-4-5', 'claude-3-5-sonnet-20240620');
const request = { provider: 'anthropic', model: 'claude-sonnet-4-5', messages: [{ role: 'user', content: 'Hello' }] };

const refused = await client.chat.completions.create({ ...request, temperature: 0.7 });
const temperature = sent.temperature;
const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }];
const indices = new Set();
let finished = 0;
let usage = 'none';
for await (const { choices: [choice], usage: counted } of await client.chat.completions.create({ ...request, tools, stream: true, stream_options: { include_usage: true } })) {
  for (const { index } of choice?.delta.tool_calls ?? []) indices.add(index);
  if (choice?.finish_reason) finished++;
  if (counted) usage = 'present';
}
const seen = `temperature sent: ${temperature} · indices of two calls: ${[...indices].join(', ')} · chunks with a finish reason: ${finished} · usage in the stream: ${usage} · refusal: ${JSON.stringify(refused.choices[0].finish_reason)}`;
console.log(seen);
server.close();
const same = seen === 'temperature sent: 0.35 · indices of two calls: 0, 2 · chunks with a finish reason: 2 · usage in the stream: none · refusal: "unknown"';
console.log(same ? 'As described.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
