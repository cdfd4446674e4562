#!/usr/bin/env bash
# Portkey's gateway hands a refusal and an answer cut by the context window on as finish_reason "stop".
#
# Package: npm @portkey-ai/gateway@1.15.2, an Anthropic upstream on loopback, called in OpenAI's shape.
# Behaviour: Anthropic's stop reasons `refusal`, `model_context_window_exceeded` and `pause_turn` all become "stop", so a client takes a refused or
#   cut answer for a whole one; `max_tokens` becomes "length". In usage, prompt_tokens leaves the cached tokens out and total_tokens
#   counts them: 10 + 3 gives 25.
# Seen on 2026-11-30 with Node 20:
#   refusal: stop · model_context_window_exceeded: stop · pause_turn: stop · max_tokens: length · usage 10 + 3 = 25
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

const seen = [];
for (const stop_reason of ['refusal', 'model_context_window_exceeded', 'pause_turn', 'max_tokens']) {
  const usage = { input_tokens: 10, cache_read_input_tokens: 5, cache_creation_input_tokens: 7, output_tokens: 3 };
  reply = { id: 'm', type: 'message', role: 'assistant', model: 'claude', content: [{ type: 'text', text: 'Half' }], stop_reason, stop_sequence: null, usage };
  const answer = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer any', ...headersFor('anthropic') },
    body: JSON.stringify({ model: 'claude', max_tokens: 5, messages: [{ role: 'user', content: 'Hello' }] }),
  }).then((each) => each.json());
  const { prompt_tokens, completion_tokens, total_tokens } = answer.usage;
  seen.push(`${answer.choices[0].finish_reason} ${prompt_tokens}+${completion_tokens}=${total_tokens}`);
  console.log(`${stop_reason}: finish_reason ${answer.choices[0].finish_reason}, ${prompt_tokens} + ${completion_tokens} tokens, total ${total_tokens}`);
}
const same = seen.join() === 'stop 10+3=25,stop 10+3=25,stop 10+3=25,length 10+3=25';
console.log(same ? 'As described: a refusal and a cut answer look like whole ones, and the total exceeds its parts.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
