#!/usr/bin/env bash
# LangSmith joins two tool calls that one chunk brings, and Opik keeps the first; Opik's wrapper takes .withResponse() and the stream's methods away.
#
# Packages: npm langsmith@0.12.0 (wrapOpenAI) and opik-openai@1.11.14 with opik@1.9.96 (trackOpenAI), around openai@6.49.0.
# Behaviour: wrapOpenAI() joins the calls that come in one chunk, though their indices differ, and keeps apart those in chunks of their own.
#   trackOpenAI() records one of two calls and none of the text. The promise of create() has no withResponse(), and the stream no
#   controller, tee() and toReadableStream(); a stream that is left early has a trace without output and no span.
# Seen on 2026-11-30 with Node 20, two calls in one chunk, with the text "Let me look.":
#   LangSmith: weathertime({"city"{"zone":"Rome"}:"CET"}) · Opik: weather({"city":"Rome"}), text: none, withResponse: undefined, toReadableStream: undefined
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts langsmith@0.12.0 opik@1.9.96 opik-openai@1.11.14 openai@6.49.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { Client } from 'langsmith';
import { wrapOpenAI } from 'langsmith/wrappers';
import OpenAI from 'openai';
import { Opik } from 'opik';
import { trackOpenAI } from 'opik-openai';

const chunk = (delta, finish_reason = null) => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const stream = [
  chunk({ role: 'assistant', content: 'Let me look.' }),
  chunk({ tool_calls: [{ index: 0, id: 't1', type: 'function', function: { name: 'weather', arguments: '{"city"' } }, { index: 1, id: 't2', type: 'function', function: { name: 'time', arguments: '{"zone"' } }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: ':"Rome"}' } }, { index: 1, function: { arguments: ':"CET"}' } }] }),
  chunk({}, 'tool_calls'),
  'data: [DONE]\n\n',
].join('');
const recorded = [];
const server = createServer(async (request, response) => {
  let text = '';
  for await (const piece of request) text += piece;
  if (request.url.endsWith('/chat/completions')) {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    return response.end(stream);
  }
  recorded.push({ method: request.method, url: request.url, text });
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end('{}');
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const base = `http://127.0.0.1:${server.address().port}`;
Object.assign(process.env, { LANGSMITH_TRACING: 'true', LANGSMITH_ENDPOINT: base, LANGSMITH_API_KEY: 'any', OPIK_LOG_LEVEL: 'ERROR' });
const openai = () => new OpenAI({ apiKey: 'any', baseURL: `${base}/v1` });
const request = { model: 'gpt-4o', messages: [{ role: 'user', content: 'Hello' }], stream: true };
const shown = (calls) => calls.map((call) => `${call.function.name}(${call.function.arguments})`).join(' and ');

const langsmith = new Client({ apiUrl: base, apiKey: 'any', autoBatchTracing: false });
for await (const _ of await wrapOpenAI(openai(), { client: langsmith }).chat.completions.create(request));
for (let at = 0; at < 100 && !recorded.some(({ method }) => method === 'PATCH'); at++) await new Promise((resolve) => setTimeout(resolve, 50));
const run = JSON.parse(recorded.find(({ method }) => method === 'PATCH').text);
const first = shown(run.outputs.choices[0].message.tool_calls);

const opik = new Opik({ apiUrl: `${base}/api`, apiKey: 'any', workspaceName: 'any', projectName: 'any' });
const answer = trackOpenAI(openai(), { client: opik }).chat.completions.create(request);
const events = await answer;
for await (const _ of events);
await opik.flush();
const { output } = JSON.parse(recorded.find(({ url }) => url.includes('/spans/batch')).text).spans[0];
const second = `${shown(output.tool_calls)}, text: ${output.content ?? 'none'}, withResponse: ${typeof answer.withResponse}, toReadableStream: ${typeof events.toReadableStream}`;
const seen = `LangSmith: ${first} · Opik: ${second}`;
console.log(seen);
const same = seen === 'LangSmith: weathertime({"city"{"zone":"Rome"}:"CET"}) · Opik: weather({"city":"Rome"}), text: none, withResponse: undefined, toReadableStream: undefined';
console.log(same ? 'As described.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
