#!/usr/bin/env bash
# LangChain: the same tool call is valid when streamed and invalid when not; a custom tool's call is an undefined entry of the list.
#
# Package: npm @langchain/openai@1.6.0 with @langchain/core@1.4.0, ChatOpenAI.
# Behaviour: models call a tool without parameters with `arguments: ""`. stream() hands on a tool call with args {}; invoke() has no tool call
#   and an entry in invalid_tool_calls instead. For a call of a custom tool, as Chat Completions documents it, invoke() has
#   tool_calls of length 1 whose entry is undefined, so that `tool_calls[0].name` throws a TypeError.
# Seen on 2026-11-29 with Node 20:
#   empty arguments, stream: calls [{"name":"look","args":{},"id":"call_1"}], invalid 0
#   empty arguments, invoke: calls [], invalid 1 · custom tool, invoke: 1 call, which is undefined, invalid 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @langchain/openai@1.6.0 @langchain/core@1.4.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { ChatOpenAI } from '@langchain/openai';

const head = { id: 'c', created: 1, model: 'm' };
let call;
const server = createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  const streamed = JSON.parse(body).stream === true;
  response.writeHead(200, { 'content-type': streamed ? 'text/event-stream' : 'application/json' });
  const chunk = (delta, finish_reason) => `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  response.end(streamed
    ? `${chunk({ role: 'assistant', content: null, tool_calls: [{ index: 0, ...call }] }, null)}${chunk({}, 'tool_calls')}data: [DONE]\n\n`
    : JSON.stringify({ ...head, object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: null, refusal: null, tool_calls: [call] }, finish_reason: 'tool_calls' }], usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 } }));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const model = new ChatOpenAI({ model: 'm', apiKey: 'any', configuration: { baseURL: `http://127.0.0.1:${server.address().port}` } });

const shown = ({ tool_calls: calls, invalid_tool_calls: invalid }) =>
  `calls [${calls.map((each) => (each === undefined ? 'undefined' : JSON.stringify({ name: each.name, args: each.args, id: each.id })))}], invalid ${invalid.length}`;
call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '' } };
let message;
for await (const part of await model.stream('Hello')) message = message ? message.concat(part) : part;
const lines = [`empty arguments, stream: ${shown(message)}`, `empty arguments, invoke: ${shown(await model.invoke('Hello'))}`];
call = { id: 'call_2', type: 'custom', custom: { name: 'query', input: 'select 1' } };
lines.push(`custom tool, invoke: ${shown(await model.invoke('Hello'))}`);

console.log('@langchain/openai 1.6.0');
for (const line of lines) console.log(line);
const same = lines[0] === 'empty arguments, stream: calls [{"name":"look","args":{},"id":"call_1"}], invalid 0'
  && lines[1] === 'empty arguments, invoke: calls [], invalid 1' && lines[2] === 'custom tool, invoke: calls [undefined], invalid 0';
console.log(same ? 'As described: the way of asking decides if a call is valid.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs 2>/dev/null
