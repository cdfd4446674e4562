#!/usr/bin/env bash
# A copy of a fetched Response cannot be changed on @hono/node-server 1.19 and 2.0, so a new install of Portkey's gateway fails every stream.
#
# Packages: npm @hono/node-server 1.14.0, 1.19.19, 2.0.0 and 2.1.9 with hono@4.13.19; @portkey-ai/gateway@1.15.2, which accepts ^1.3.3.
# Behaviour: `new Response(body, fetched)` is the usual way to get headers that can be changed. @hono/node-server puts its own
#   Response in place of the global one. From some 1.x on, its copy keeps the headers object of the fetched Response, so append() raises
#   TypeError: immutable. 1.14.0 and 2.1.9 copy the headers. Portkey's gateway uses this way for streams: with the newest 1.x
#   a stream of an OpenAI-shaped provider is answered with status 500, and works if 1.14.0 is installed.
# Seen on 2026-11-30 with Node 20:
#   1.14.0: 200 · 1.19.19: 500 TypeError: immutable · 2.0.0: 500 TypeError: immutable · 2.1.9: 200
#   Portkey's gateway, streamed: 500 with 1.19.19, 200 with 1.14.0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{ "private": true, "type": "module" }
JSON
install() { npm install --prefix . --silent --no-save --no-audit --no-fund --ignore-scripts "$@"; }

cat > copy.mjs <<'CODE'
import { createServer } from 'node:http';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

const upstream = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: 1\n\n'));
await new Promise((ready) => upstream.listen(0, '127.0.0.1', ready));
const app = new Hono();
app.get('/', async () => {
  const fetched = await fetch(`http://127.0.0.1:${upstream.address().port}`);
  const copy = new Response(fetched.body, fetched);
  copy.headers.append('x-added', '1');
  return copy;
});
app.onError((error, context) => context.text(String(error), 500));
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, async ({ port }) => {
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  const text = await answer.text();
  console.log(answer.status === 200 ? '200' : `${answer.status} ${text}`);
  process.exit();
});
CODE

cat > gateway.mjs <<'CODE'
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { createServer as reserve } from 'node:net';

const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }] };
const upstream = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`));
await new Promise((ready) => upstream.listen(0, '127.0.0.1', ready));
const probe = reserve();
await new Promise((ready) => probe.listen(0, '127.0.0.1', ready));
const { port } = probe.address();
await new Promise((closed) => probe.close(closed));
const gateway = spawn(process.execPath, ['node_modules/@portkey-ai/gateway/build/start-server.js', '--headless', `--port=${port}`], { stdio: 'ignore', env: { ...process.env, TRUSTED_CUSTOM_HOSTS: '127.0.0.1' } });
for (let attempt = 0; attempt < 100; attempt++) {
  if (await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)) break;
  await new Promise((done) => setTimeout(done, 100));
}
const answer = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer any', 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `http://127.0.0.1:${upstream.address().port}/v1` },
  body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'Hello' }] }),
});
await answer.text();
console.log(answer.status);
gateway.kill();
upstream.close();
CODE

seen=()
for version in 1.14.0 1.19.19 2.0.0 2.1.9; do
  rm -rf node_modules && install "@hono/node-server@$version" hono@4.13.19
  seen+=("$(node copy.mjs)"); echo "@hono/node-server $version: ${seen[-1]}"
done
for version in 1.19.19 1.14.0; do
  printf '{ "private": true, "type": "module", "overrides": { "@hono/node-server": "%s" } }' "$version" > package.json
  rm -rf node_modules && install @portkey-ai/gateway@1.15.2
  seen+=("$(node gateway.mjs)"); echo "@portkey-ai/gateway 1.15.2 with $version, streamed: ${seen[-1]}"
done
immutable='500 TypeError: immutable'
if [ "${seen[*]}" = "200 $immutable $immutable 200 500 200" ]; then echo 'As described: the copy keeps immutable headers in two lines of versions.'; else echo 'The behaviour changed.'; exit 1; fi
