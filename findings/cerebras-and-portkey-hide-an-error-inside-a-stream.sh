#!/usr/bin/env bash
# Cerebras' SDK says "Connection error." for an error that the server sent inside a stream, and Portkey's hands it on as a chunk.
#
# Packages: npm @cerebras/cerebras_cloud_sdk@1.91.0, portkey-ai@3.1.0, together-ai@0.52.0, groq-sdk@1.6.0; chat.completions.create with stream: true.
# Behaviour: `data: {"error":{...}}` is the usual way to fail a stream. groq and together raise the server's message. Cerebras raises an
#   APIConnectionError, with the message in its cause only. Portkey raises nothing: that chunk has no `choices`, so a loop which reads
#   `chunk.choices?.[0]` ends as if the answer were whole. An event that names the default, `event: message`, is dropped by two and wrapped by one.
# Seen on 2026-11-30 with Node 20, the error "queue is full" after "Hel" / `event: message` at the first of "Hel", "lo":
#   groq APIError: queue is full / "Hello" · together APIError: queue is full / "lo"
#   cerebras APIConnectionError: Connection error. / "lo" and 1 wrapped · portkey no error, 1 without choices / "lo"
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  @cerebras/cerebras_cloud_sdk@1.91.0 portkey-ai@3.1.0 together-ai@0.52.0 groq-sdk@1.6.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import Cerebras from '@cerebras/cerebras_cloud_sdk';
import Groq from 'groq-sdk';
import { Portkey } from 'portkey-ai';
import Together from 'together-ai';

const chunk = (content, finish_reason = null) => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { content }, finish_reason }] })}\n\n`;
const streams = {
  error: `${chunk('Hel')}data: ${JSON.stringify({ error: { message: 'queue is full', type: 'server_error' } })}\n\n`,
  event: `event: message\n${chunk('Hel')}${chunk('lo')}${chunk('', 'stop')}data: [DONE]\n\n`,
};
let body;
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(body);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const options = { apiKey: 'any', baseURL: `http://127.0.0.1:${server.address().port}`, maxRetries: 0 };
const clients = {
  groq: new Groq(options),
  together: new Together(options),
  cerebras: new Cerebras({ ...options, warmTCPConnection: false }),
  portkey: new Portkey(options),
};
async function read(client) {
  let text = '', without = 0, wrapped = 0, error;
  try {
    for await (const part of await client.chat.completions.create({ model: 'm', stream: true, messages: [{ role: 'user', content: 'Hello' }] })) {
      text += part.choices?.[0]?.delta.content ?? '';
      if (part.data) wrapped++;
      else if (!part.choices) without++;
    }
  } catch (raised) {
    error = `${raised.constructor.name}: ${raised.message}`;
  }
  return { text, without, wrapped, error };
}
const expected = {
  groq: 'APIError: queue is full / "Hello"',
  together: 'APIError: queue is full / "lo"',
  cerebras: 'APIConnectionError: Connection error. / "lo" and 1 wrapped',
  portkey: 'no error, 1 without choices / "lo"',
};
let changed = false;
for (const [name, client] of Object.entries(clients)) {
  body = streams.error;
  const failed = await read(client);
  body = streams.event;
  const named = await read(client);
  const seen = `${failed.error ?? `no error, ${failed.without} without choices`} / ${named.error ?? JSON.stringify(named.text)}${named.wrapped ? ` and ${named.wrapped} wrapped` : ''}`;
  console.log(`${name.padEnd(8)} ${seen}`);
  changed ||= seen !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described: clients of one wire format read its errors and event names in four ways.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
