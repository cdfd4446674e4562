#!/usr/bin/env bash
# OpenRouter's own SDK refuses an answer without system_fingerprint, drops citations and images, and hides an error inside a stream.
#
# Package: npm @openrouter/sdk@1.3.19, chat.send, beside openai@7.59.0 on the same answers.
# Behaviour: OpenRouter documents system_fingerprint as present only if the provider has it, yet a whole answer without it raises "Response
#   validation failed". A stream's delta has no field for `annotations` and `images`, so the links of a web search and a made picture are gone.
#   The documented error inside a stream, with a name as its code, becomes a ZodError about that code; the message "Provider disconnected" is lost.
# Seen on 2026-11-30 with Node 20:
#   without fingerprint: @openrouter/sdk ResponseValidationError · openai "Hi"
#   streamed annotations and images: @openrouter/sdk content,role · openai annotations,content,images,role
#   error in a stream: @openrouter/sdk ZodError, without its message · openai APIError, with its message
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps @openrouter/sdk@1.3.19 openai@7.59.0 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { OpenRouter } from '@openrouter/sdk';
import OpenAI from 'openai';

const base = { id: 'gen-1', created: 1, model: 'm', provider: 'P' };
const chunk = (delta, rest = {}, finish_reason = null) => ({ ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }], ...rest });
const found = {
  annotations: [{ type: 'url_citation', url_citation: { url: 'https://a.example/', title: 'A', content: 'a', start_index: 0, end_index: 2 } }],
  images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }],
};
const whole = { ...base, object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } };
const rich = [chunk({ role: 'assistant', content: 'Hi', ...found }), chunk({}, {}, 'stop')];
const failed = [chunk({ role: 'assistant', content: 'H' }), chunk({ content: '' }, { error: { code: 'server_error', message: 'Provider disconnected' } }, 'error')];
let answer;
const server = createServer((_, response) => {
  const stream = Array.isArray(answer);
  response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' });
  response.end(stream ? `${answer.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n` : JSON.stringify(answer));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const url = `http://127.0.0.1:${server.address().port}`;
const openrouter = new OpenRouter({ apiKey: 'any', serverURL: url });
const openai = new OpenAI({ apiKey: 'any', baseURL: url });
const request = { model: 'm', messages: [{ role: 'user', content: 'Hello' }] };
const send = {
  '@openrouter/sdk': (stream) => openrouter.chat.send({ chatRequest: { ...request, stream } }),
  openai: (stream) => openai.chat.completions.create({ ...request, stream }),
};
const named = (error) => `${error.constructor.name}, ${error.message.includes('Provider disconnected') ? 'with' : 'without'} its message`;
async function streamed(open, read) {
  const parts = [];
  for await (const part of await open(true)) parts.push(part);
  return read(parts);
}
const cases = {
  'without fingerprint': [whole, (open) => open(false).then((got) => JSON.stringify(got.choices[0].message.content), (error) => error.constructor.name)],
  'streamed annotations and images': [rich, (open) => streamed(open, ([first]) => Object.keys(first.choices[0].delta).sort().join())],
  'error in a stream': [failed, (open) => streamed(open, (parts) => `no error, ${parts.length} parts`).catch(named)],
};
const expected = {
  'without fingerprint': '@openrouter/sdk ResponseValidationError · openai "Hi"',
  'streamed annotations and images': '@openrouter/sdk content,role · openai annotations,content,images,role',
  'error in a stream': '@openrouter/sdk ZodError, without its message · openai APIError, with its message',
};
let changed = false;
for (const [name, [body, read]] of Object.entries(cases)) {
  answer = body;
  const seen = [];
  for (const [client, open] of Object.entries(send)) seen.push(`${client} ${await read(open)}`);
  console.log(`${name}: ${seen.join(' · ')}`);
  changed ||= seen.join(' · ') !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : "As described: the host's own SDK reads less than openai.");
process.exit(changed ? 1 : 0);
CODE
node check.mjs
