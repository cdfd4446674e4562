#!/usr/bin/env bash
# LangChain loses tool calls and usage of a stream whose first delta has no role; openai's own helper raises at the end of it.
#
# Packages: npm @langchain/openai@1.6.0 with @langchain/core@1.4.0, beside openai@7.59.0 and @ai-sdk/openai@4.0.118 with ai@7.0.173.
# Behaviour: `role` is optional in a chunk's delta, and some compatible servers leave it out. ChatOpenAI.stream then makes a
#   ChatMessageChunk instead of an AIMessageChunk: text is kept, but tool_calls and usage_metadata are undefined, with the finish
#   reason tool_calls and no error. openai's stream helper raises "missing role for choice 0" after the last chunk. The AI SDK reads it all.
# Seen on 2026-11-29 with Node 20, for one call of "look":
#   role: langchain AIMessageChunk, calls 1, usage 8 · openai 1 call · ai 1 call
#   no role: langchain ChatMessageChunk, calls undefined, usage undefined · openai "missing role for choice 0" · ai 1 call
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  @langchain/openai@1.6.0 @langchain/core@1.4.0 openai@7.59.0 @ai-sdk/openai@4.0.118 ai@7.0.173 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { createOpenAI } from '@ai-sdk/openai';
import { ChatOpenAI } from '@langchain/openai';
import { jsonSchema, streamText, tool } from 'ai';
import OpenAI from 'openai';

const chunk = (choices, rest = {}) => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...rest });
const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"at":"sky"}' } };
const streamWith = (role) => [
  chunk([{ index: 0, delta: { ...role, tool_calls: [call] }, finish_reason: null }]),
  chunk([{ index: 0, delta: {}, finish_reason: 'tool_calls' }]),
  chunk([], { usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 } }),
];
let chunks;
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(`${chunks.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('')}data: [DONE]\n\n`);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}`;

async function seen() {
  let message;
  for await (const part of await new ChatOpenAI({ model: 'm', apiKey: 'any', configuration: { baseURL } }).stream('Hello')) {
    message = message ? message.concat(part) : part;
  }
  const helper = await new OpenAI({ apiKey: 'any', baseURL }).chat.completions
    .stream({ model: 'm', messages: [{ role: 'user', content: 'Hello' }] }).finalChatCompletion()
    .then((answer) => `${answer.choices[0].message.tool_calls.length} call`, (error) => `"${error.message}"`);
  const result = streamText({ model: createOpenAI({ apiKey: 'any', baseURL }).chat('m'), prompt: 'Hello', tools: { look: tool({ inputSchema: jsonSchema({ type: 'object' }) }) } });
  const calls = (await result.toolCalls).length;
  return `langchain ${message.constructor.name}, calls ${message.tool_calls?.length}, usage ${message.usage_metadata?.total_tokens} · openai ${helper} · ai ${calls} call`;
}
const expected = {
  role: 'langchain AIMessageChunk, calls 1, usage 8 · openai 1 call · ai 1 call',
  'no role': 'langchain ChatMessageChunk, calls undefined, usage undefined · openai "missing role for choice 0" · ai 1 call',
};
let changed = false;
for (const [name, role] of [['role', { role: 'assistant' }], ['no role', {}]]) {
  chunks = streamWith(role);
  const line = await seen();
  console.log(`${name}: ${line}`);
  changed ||= line !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described: without a role the tool call is lost.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
