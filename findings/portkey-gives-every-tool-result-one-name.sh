#!/usr/bin/env bash
# Portkey's gateway sends every tool result to Gemini under one made-up function name.
#
# Package: npm @portkey-ai/gateway@1.15.2, upstreams in the shapes of Gemini and Anthropic on loopback, called in OpenAI's shape.
# Behaviour: Gemini matches results and calls by the function's name, which OpenAI's tool message need not repeat (the id names the
#   call). The gateway doesn't look the call up: each functionResponse is named "gateway-tool-filler-name". On the
#   way to Anthropic a single `stop` string, valid in OpenAI's API, is sent as `stop_sequences: "END"`, where Anthropic takes an array only.
# Seen on 2026-11-30 with Node 20:
#   calls: city, time · results: gateway-tool-filler-name, gateway-tool-filler-name · stop_sequences: "END"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @portkey-ai/gateway@1.15.2

cat > check.mjs <<'CODE'
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';

let reply;
let received;
const upstream = createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  received = JSON.parse(body);
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
});
const listen = (server) => new Promise((ready) => server.listen(0, '127.0.0.1', () => ready(server.address().port)));
const upstreamPort = await listen(upstream);
const reserved = createServer();
const port = await listen(reserved);
await new Promise((closed) => reserved.close(closed));
const gateway = spawn(process.execPath, ['node_modules/@portkey-ai/gateway/build/start-server.js', '--headless', `--port=${port}`], { stdio: 'ignore', env: { ...process.env, TRUSTED_CUSTOM_HOSTS: '127.0.0.1' } });
process.on('exit', () => gateway.kill());
for (let attempt = 0; attempt < 100; attempt++) {
  if (await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)) break;
  await new Promise((done) => setTimeout(done, 100));
}
const headersFor = (provider) => ({ 'x-portkey-provider': provider, 'x-portkey-custom-host': `http://127.0.0.1:${upstreamPort}/v1` });

const ask = async (provider, body) => {
  const headers = { 'content-type': 'application/json', authorization: 'Bearer any', ...headersFor(provider) };
  await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify(body) }).then((each) => each.text());
};
const call = (id, name) => ({ id, type: 'function', function: { name, arguments: '{}' } });
reply = { candidates: [{ content: { role: 'model', parts: [{ text: 'Done' }] }, finishReason: 'STOP' }], usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 } };
await ask('google', {
  model: 'gemini-2.5-flash',
  messages: [
    { role: 'user', content: 'Where am I, and how late is it?' },
    { role: 'assistant', content: null, tool_calls: [call('1', 'city'), call('2', 'time')] },
    { role: 'tool', tool_call_id: '2', content: '12:00' },
    { role: 'tool', tool_call_id: '1', content: 'Paris' },
  ],
});
const parts = received.contents.flatMap((each) => each.parts);
const names = (kind) => parts.flatMap((each) => each[kind]?.name ?? []).join(', ');
console.log(`calls: ${names('functionCall')} · results: ${names('functionResponse')}`);

reply = { id: 'm', type: 'message', role: 'assistant', model: 'claude', content: [], stop_reason: 'end_turn', usage: { input_tokens: 1, output_tokens: 1 } };
await ask('anthropic', { model: 'claude', max_tokens: 5, stop: 'END', messages: [{ role: 'user', content: 'Hello' }] });
console.log(`stop_sequences: ${JSON.stringify(received.stop_sequences)}`);
const same = names('functionCall') === 'city, time' && names('functionResponse') === 'gateway-tool-filler-name, gateway-tool-filler-name' && received.stop_sequences === 'END';
console.log(same ? 'As described: the names are replaced, and the stop sequence is no array.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
