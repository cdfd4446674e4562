#!/usr/bin/env bash
# LlamaIndex parses a streamed tool call when the next one begins, so parallel calls whose pieces alternate end in a SyntaxError.
#
# Packages: npm @llamaindex/openai@0.4.22 (with @llamaindex/core@0.6.22), beside openai@7.59.0.
# Behaviour: the deltas of parallel tool calls carry an index, because their pieces may alternate. @llamaindex/openai ignores the order
#   that the index allows: at the first piece of another call it parses the arguments collected so far, and again with each later
#   piece. A call without arguments (an empty string) fails the same way. openai's own stream helper reads all three streams.
# Seen on 2026-11-29 with Node 20, for two calls of "look" and for one call of "now" without arguments:
#   one after the other: llamaindex look{"at":1} look{"at":2} · openai 2 calls
#   alternating: llamaindex SyntaxError: Unexpected end of JSON input · openai 2 calls
#   no arguments: llamaindex SyntaxError: Unexpected end of JSON input · openai 1 calls
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  @llamaindex/openai@0.4.22 @llamaindex/core@0.6.22 @llamaindex/env@0.1.30 openai@7.59.0 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { OpenAI as LlamaIndex } from '@llamaindex/openai';
import OpenAI from 'openai';

const chunk = (delta, finish_reason = null) => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }] });
const begin = (index, name, text) => chunk({ role: 'assistant', tool_calls: [{ index, id: `call_${index}`, type: 'function', function: { name, arguments: text } }] });
const more = (index, text) => chunk({ tool_calls: [{ index, function: { arguments: text } }] });
const end = chunk({}, 'tool_calls');
const streams = {
  'one after the other': [begin(0, 'look', '{"at":'), more(0, '1}'), begin(1, 'look', '{"at":'), more(1, '2}'), end],
  alternating: [begin(0, 'look', '{"at":'), begin(1, 'look', '{"at":'), more(0, '1}'), more(1, '2}'), end],
  'no arguments': [begin(0, 'now', ''), end],
};
let chunks;
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(`${chunks.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('')}data: [DONE]\n\n`);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}/v1`;
const messages = [{ role: 'user', content: 'Hello' }];
const tools = ['look', 'now'].map((name) => ({ metadata: { name, description: name, parameters: { type: 'object', properties: { at: { type: 'number' } } } }, call() {} }));

async function llamaindex() {
  const calls = new Map();
  try {
    for await (const part of await new LlamaIndex({ model: 'm', apiKey: 'any', baseURL, maxRetries: 0 }).chat({ messages, tools, stream: true })) {
      for (const call of part.options?.toolCall ?? []) calls.set(call.id, `${call.name}${typeof call.input === 'string' ? call.input : JSON.stringify(call.input)}`);
    }
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
  return [...calls.values()].join(' ');
}
async function openai() {
  const answer = await new OpenAI({ apiKey: 'any', baseURL, maxRetries: 0 }).chat.completions.stream({ model: 'm', messages }).finalChatCompletion();
  return `${answer.choices[0].message.tool_calls.length} calls`;
}
const expected = {
  'one after the other': 'llamaindex look{"at":1} look{"at":2} · openai 2 calls',
  alternating: 'llamaindex SyntaxError: Unexpected end of JSON input · openai 2 calls',
  'no arguments': 'llamaindex SyntaxError: Unexpected end of JSON input · openai 1 calls',
};
let changed = false;
for (const [name, stream] of Object.entries(streams)) {
  chunks = stream;
  const line = `llamaindex ${await llamaindex()} · openai ${await openai()}`;
  console.log(`${name}: ${line}`);
  changed ||= line !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described: only calls that come one after the other are read.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
