#!/usr/bin/env bash
# The Zhipu provider of the AI SDK loses the arguments of a tool call that comes in pieces, and says that the answer ended with tool calls.
#
# Package: npm zhipu-ai-provider@0.2.2, doStream() of its chat model.
# Behaviour: each piece of a call must have an id, a type and a name. The pieces that follow the first have none of them in OpenAI's form, which GLM streams
#   with tool_stream: each is a type error in the stream, no call is handed out, and the finish reason is tool-calls.
#   A call in one piece arrives; the same with an empty later piece is an error beside it.
# Seen on 2026-11-30 with Node 20:
#   one piece: weather({"city":"Rome"}), finish tool-calls · two pieces: 1 error, finish tool-calls · two calls in pieces: 2 errors, finish tool-calls
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts zhipu-ai-provider@0.2.2 zod@4.4.3

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { createZhipu } from 'zhipu-ai-provider';

const chunk = (delta, finish_reason = null) => `data: ${JSON.stringify({ id: 'c', created: 1, model: 'glm-4.6', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const start = (index, text) => chunk({ role: 'assistant', tool_calls: [{ index, id: `t${index}`, type: 'function', function: { name: 'weather', arguments: text } }] });
const piece = (index, text) => chunk({ tool_calls: [{ index, function: { arguments: text } }] });
const end = `${chunk({}, 'tool_calls')}data: [DONE]\n\n`;
const streams = {
  'one piece': start(0, '{"city":"Rome"}') + end,
  'two pieces': start(0, '{"city"') + piece(0, ':"Rome"}') + end,
  'two calls in pieces': start(0, '{"city"') + piece(0, ':"Rome"}') + start(1, '{"city"') + piece(1, ':"Oslo"}') + end,
};
const expected = {
  'one piece': 'weather({"city":"Rome"}), finish tool-calls',
  'two pieces': '1 errors, finish tool-calls',
  'two calls in pieces': '2 errors, finish tool-calls',
};
let body;
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(body);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const model = createZhipu({ apiKey: 'any', baseURL: `http://127.0.0.1:${server.address().port}/v4` })('glm-4.6');
const tools = [{ type: 'function', name: 'weather', inputSchema: { type: 'object', properties: { city: { type: 'string' } } } }];
let changed = false;
for (const [name, bytes] of Object.entries(streams)) {
  body = bytes;
  const { stream } = await model.doStream({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }], tools });
  const found = [];
  let errors = 0;
  let finish;
  for await (const part of stream) {
    if (part.type === 'tool-call') found.push(`${part.toolName}(${part.input})`);
    if (part.type === 'error') errors++;
    if (part.type === 'finish') finish = part.finishReason;
  }
  if (errors > 0) found.push(`${errors} errors`);
  const seen = `${found.join(', ')}, finish ${finish}`;
  console.log(`${name}: ${seen}`);
  changed ||= seen !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
