#!/usr/bin/env bash
# better-sse writes a text with two lines as one field and a broken one, and loses leading spaces; fastify-sse-v2 loses what follows a carriage return.
#
# Packages: npm better-sse@0.16.1 with a serializer that keeps texts; fastify-sse-v2@4.2.2 with fastify@5.12.8; beside hono@4.13.19.
#   All three streams are read with eventsource-parser@3.1.0.
# Behaviour: better-sse writes `data:` and the text, so a space that the text begins with is taken for the one behind the colon, and a second line
#   is a field of its own. fastify-sse-v2 divides at line feeds only, and sends no event for an empty text. hono keeps every text.
#   Texts of a model begin with spaces and have lines of their own.
# Seen on 2026-11-30 with Node 20, texts read of " world", "one\ntwo", "one\rtwo" and "":
#   better-sse: "world", "one", "one", "" · fastify-sse-v2: " world", "one\ntwo", "one" · hono: " world", "one\ntwo", "one\ntwo", ""
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts better-sse@0.16.1 fastify-sse-v2@4.2.2 fastify@5.12.8 hono@4.13.19 eventsource-parser@3.1.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { createSession } from 'better-sse';
import { createParser } from 'eventsource-parser';
import Fastify from 'fastify';
import { FastifySSEPlugin } from 'fastify-sse-v2';
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';

const texts = [' world', 'one\ntwo', 'one\rtwo', ''];
async function read(response) {
  const found = [];
  const parser = createParser({ onEvent: ({ data }) => found.push(JSON.stringify(data)) });
  parser.feed(await response.text());
  return found.join(', ');
}
async function better() {
  const server = createServer(async (request, response) => {
    const session = await createSession(request, response, { retry: null, keepAlive: null, serializer: (text) => text });
    for (const text of texts) session.push(text);
    setImmediate(() => response.end());
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return await read(await fetch(`http://127.0.0.1:${server.address().port}/`));
}
async function fastify() {
  const app = Fastify();
  app.register(FastifySSEPlugin);
  app.get('/', (_, reply) => {
    reply.sse((async function* () {
      for (const data of texts) yield { data };
    })());
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return await read(await fetch(`http://127.0.0.1:${app.server.address().port}/`));
}
async function hono() {
  const app = new Hono();
  app.get('/', (context) => streamSSE(context, async (stream) => {
    for (const data of texts) await stream.writeSSE({ data });
  }));
  return await read(await app.request('/'));
}
const seen = `better-sse: ${await better()} · fastify-sse-v2: ${await fastify()} · hono: ${await hono()}`;
console.log(seen);
const same = seen === 'better-sse: "world", "one", "one", "" · fastify-sse-v2: " world", "one\\ntwo", "one" · hono: " world", "one\\ntwo", "one\\ntwo", ""';
console.log(same ? 'As described.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
