#!/usr/bin/env bash
# xsAI fails a stream whose lines end in CRLF at its [DONE], one whose chunks have "error": null at once, and joins the texts of two choices.
#
# Package: npm @xsai/stream-text@0.4.4, streamText; beside openai@7.59.0 on the same bytes.
# Behaviour: lines are split at "\n" only, so "[DONE]\r" is parsed as JSON after the whole answer has arrived. Any chunk with the key `error` is an
#   error, also if its value is null, as servers write it that have the field in their schema. The index of a choice is ignored: with n: 2 one text and the
#   last finish reason remain. Each finish is announced twice, the first time without usage.
# Seen on 2026-11-30 with Node 20, @xsai/stream-text / openai:
#   plain: "Hello", 2 finish events / "Hello" · CRLF: SyntaxError / "Hello" · error: null: Error from server / "Hello" · two choices: "AB" / "A" and "B"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @xsai/stream-text@0.4.4 openai@7.59.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { streamText } from '@xsai/stream-text';
import OpenAI from 'openai';

const chunk = (index, content, finish_reason = null, rest = {}) => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index, delta: content === undefined ? {} : { content }, finish_reason }], ...rest })}\n\n`;
const done = 'data: [DONE]\n\n';
const plain = chunk(0, 'Hel') + chunk(0, 'lo') + chunk(0, undefined, 'stop') + done;
const streams = {
  plain,
  CRLF: plain.replaceAll('\n', '\r\n'),
  'error: null': chunk(0, 'Hello', null, { error: null }) + chunk(0, undefined, 'stop', { error: null }) + done,
  'two choices': chunk(0, 'A') + chunk(1, 'B') + chunk(0, undefined, 'stop') + chunk(1, undefined, 'stop') + done,
};
let body;
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(body);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}/`;
const messages = [{ role: 'user', content: 'Hello' }];

async function xsai() {
  const result = streamText({ apiKey: 'any', baseURL, model: 'm', messages });
  for (const promise of [result.messages, result.steps, result.usage, result.totalUsage]) promise.catch(() => {});
  for (const stream of [result.textStream, result.reasoningTextStream]) stream.pipeTo(new WritableStream()).catch(() => {});
  let finished = 0;
  try {
    for await (const event of result.fullStream) {
      if (event.type === 'finish') finished++;
    }
    const [{ text }] = await result.steps;
    return `${JSON.stringify(text)}, ${finished} finish events`;
  } catch (error) {
    return error.message.startsWith('Error from server') ? 'Error from server' : error.constructor.name;
  }
}
async function openai() {
  const texts = [];
  for await (const part of await new OpenAI({ apiKey: 'any', baseURL }).chat.completions.create({ model: 'm', messages, stream: true })) {
    for (const { index, delta } of part.choices) texts[index] = (texts[index] ?? '') + (delta.content ?? '');
  }
  return texts.map((text) => JSON.stringify(text)).join(' and ');
}
const expected = {
  plain: '"Hello", 2 finish events / "Hello"',
  CRLF: 'SyntaxError / "Hello"',
  'error: null': 'Error from server / "Hello"',
  'two choices': '"AB", 3 finish events / "A" and "B"',
};
let changed = false;
for (const [name, bytes] of Object.entries(streams)) {
  body = bytes;
  const seen = `${await xsai()} / ${await openai()}`;
  console.log(`${name}: ${seen}`);
  changed ||= seen !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described: whole answers end in an error.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
