#!/usr/bin/env bash
# @node-llm/core ends a stream with an empty text and no error if its lines end in CRLF or have no space behind `data:`.
#
# Package: npm @node-llm/core@1.17.1, createLLM({ provider: 'openai' }).chat().stream, beside openai@7.59.0 on the same bytes.
# Behaviour: the event stream format allows CRLF, no space behind the colon, and further lines in an event. Here events are split at two
#   line feeds and read only if they start with `data: `. The whole answer, or the event with a comment or `event:` first, is skipped.
# Seen on 2026-11-30 with Node 20, @node-llm/core / openai:
#   plain: "Hello" / "Hello" · CRLF: "" / "Hello" · no space: "" / "Hello" · comment line in the 2nd event: "Hel" / "Hello" · event: line in the 1st: "lo" / "Hello"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps @node-llm/core@1.17.1 openai@7.59.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { createLLM } from '@node-llm/core';
import OpenAI from 'openai';

const chunk = (delta, finish_reason = null) => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const [first, second, rest] = [chunk({ role: 'assistant', content: 'Hel' }), chunk({ content: 'lo' }), `${chunk({}, 'stop')}data: [DONE]\n\n`];
const plain = first + second + rest;
const streams = {
  plain,
  CRLF: plain.replaceAll('\n', '\r\n'),
  'no space': plain.replaceAll('data: ', 'data:'),
  'comment line in the 2nd event': `${first}: keep-alive\n${second}${rest}`,
  'event: line in the 1st': `event: message\n${plain}`,
};
let body;
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(body);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const base = `http://127.0.0.1:${server.address().port}`;

const expected = { plain: 'Hello', CRLF: '', 'no space': '', 'comment line in the 2nd event': 'Hel', 'event: line in the 1st': 'lo' };
console.log('@node-llm/core 1.17.1 / openai 7.59.0');
let changed = false;
for (const [name, bytes] of Object.entries(streams)) {
  body = bytes;
  let text = '';
  for await (const part of createLLM({ provider: 'openai', openaiApiKey: 'any', openaiApiBase: base }).chat('gpt-4o').stream('Hello')) text += part.content ?? '';
  let peer = '';
  for await (const part of await new OpenAI({ apiKey: 'any', baseURL: base }).chat.completions.create({ model: 'gpt-4o', stream: true, messages: [{ role: 'user', content: 'Hello' }] })) peer += part.choices[0]?.delta.content ?? '';
  console.log(`${name.padEnd(30)} ${JSON.stringify(text)} / ${JSON.stringify(peer)}`);
  changed ||= text !== expected[name] || peer !== 'Hello';
}
console.log(changed ? 'The behaviour changed.' : 'As described: text is lost without an error.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
