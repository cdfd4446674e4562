#!/usr/bin/env bash
# Portkey's gateway answers a prompt that Gemini blocked with status 200 and an error for a body, which the OpenAI SDK takes for a completion.
#
# Packages: npm @portkey-ai/gateway@1.15.2 with a Gemini upstream on loopback, called by openai@7.59.0.
# Behaviour: Gemini answers a blocked prompt with status 200, `promptFeedback.blockReason` and no `candidates`. The gateway calls this an invalid
#   response and keeps the status, so the SDK raises no error: it returns an object without `choices`, and the usual
#   `choices[0]` ends in a TypeError. A call that ended as MALFORMED_FUNCTION_CALL becomes an answer without content and finish_reason "stop".
# Seen on 2026-11-30 with Node 20:
#   blocked: no error raised, choices undefined, error "Invalid response received from google…" · malformed call: stop, content undefined
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @portkey-ai/gateway@1.15.2 openai@7.59.0

cat > check.mjs <<'CODE'
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import OpenAI from 'openai';

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

const client = new OpenAI({ apiKey: 'any', baseURL: `http://127.0.0.1:${port}/v1`, defaultHeaders: headersFor('google'), maxRetries: 0 });
const ask = () => client.chat.completions.create({ model: 'gemini-2.5-flash', messages: [{ role: 'user', content: 'Hello' }] });

reply = { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 10, totalTokenCount: 10 } };
const blocked = await ask();
console.log(`blocked prompt: no error raised, choices ${blocked.choices}, error "${blocked.error?.message?.slice(0, 37)}…"`);
reply = { candidates: [{ content: { role: 'model' }, finishReason: 'MALFORMED_FUNCTION_CALL' }], usageMetadata: { promptTokenCount: 10, totalTokenCount: 10 } };
const malformed = await ask();
console.log(`malformed function call: finish_reason ${malformed.choices[0].finish_reason}, content ${malformed.choices[0].message.content}`);
const same = blocked.choices === undefined && blocked.error !== undefined && malformed.choices[0].finish_reason === 'stop' && malformed.choices[0].message.content === undefined;
console.log(same ? 'As described: the error arrives with status 200, and the SDK raises nothing.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
