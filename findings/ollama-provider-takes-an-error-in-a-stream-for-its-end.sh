#!/usr/bin/env bash
# ollama-ai-provider-v2 ends a stream normally when Ollama reports an error in it, and raises one when the text ends with `done`.
#
# Packages: npm ollama-ai-provider-v2@4.0.1 with ai@7.0.173, streamText; beside ai-sdk-ollama@4.3.0 on the same lines.
# Behaviour: Ollama documents {"error":"..."} as the line that ends a failed stream. The provider's schema doesn't know it, so it is written to the console and
#   skipped: the text so far, the finish reason other and no error. A last line that has text and `done: true` is
#   delivered, but after the end of its text part, which the AI SDK reports as an error.
# Seen on 2026-11-30 with Node 20, ollama-ai-provider-v2 / ai-sdk-ollama:
#   apart: "Hello" stop / "Hello" stop · text with done: "Hello" stop, error text part not found / "Hello" stop
#   error after "Hel": "Hel" other / error model runner has unexpectedly stopped
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  ollama-ai-provider-v2@4.0.1 ai-sdk-ollama@4.3.0 ollama@0.6.4 ai@7.0.173 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { streamText } from 'ai';
import { createOllama as createOther } from 'ai-sdk-ollama';
import { createOllama } from 'ollama-ai-provider-v2';

const line = (content, rest = {}) => ({ model: 'm', created_at: '2026-01-01T00:00:00Z', message: { role: 'assistant', content }, done: false, ...rest });
const done = { done: true, done_reason: 'stop', prompt_eval_count: 5, eval_count: 3 };
const streams = {
  apart: [line('Hel'), line('lo'), line('', done)],
  'text with done': [line('Hel'), line('lo', done)],
  'error after "Hel"': [line('Hel'), { error: 'model runner has unexpectedly stopped' }],
};
let lines;
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.end(lines.map((each) => `${JSON.stringify(each)}\n`).join(''));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}`;
const models = { 'ollama-ai-provider-v2': createOllama({ baseURL })('m'), 'ai-sdk-ollama': createOther({ baseURL })('m') };

async function run(model) {
  let text = '', reason, error;
  try {
    for await (const part of streamText({ model, prompt: 'Hello', maxRetries: 0, onError() {} }).fullStream) {
      if (part.type === 'text-delta') text += part.text;
      if (part.type === 'finish') reason = part.finishReason;
      if (part.type === 'error') error = `error ${String(part.error.message ?? part.error).replace(/text part \S+/, 'text part')}`;
    }
  } catch (raised) {
    return `error ${raised.message}`;
  }
  return [`${JSON.stringify(text)} ${reason}`, error].filter(Boolean).join(', ');
}
const expected = {
  apart: '"Hello" stop / "Hello" stop',
  'text with done': '"Hello" stop, error text part not found / "Hello" stop',
  'error after "Hel"': '"Hel" other / error model runner has unexpectedly stopped',
};
console.error = () => {};
let changed = false;
for (const [name, body] of Object.entries(streams)) {
  lines = body;
  const seen = [];
  for (const model of Object.values(models)) seen.push(await run(model));
  console.log(`${name}: ${seen.join(' / ')}`);
  changed ||= seen.join(' / ') !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described: a failed answer is half an answer without an error.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
