#!/usr/bin/env bash
# @mistralai/mistralai answers an error inside a stream with a ZodError that holds none of the server's words.
#
# Package: npm @mistralai/mistralai@2.7.0, chat.stream; beside it openai@7.59.0 on the same bytes.
# Behaviour: each event is checked as a chunk of an answer. An event `{"error":{"message":…,"code":…}}`, which compatible servers
#   send when a stream fails half-way, ends in a raw ZodError on missing fields: message and code are in neither its
#   text nor its properties, and the class is none of the package's own errors.
# Seen on 2026-11-29 with Node 20:
#   mistral: ZodError, an error of the package: false, says "capacity": false · openai: APIError, says "capacity": true
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @mistralai/mistralai@2.7.0 openai@7.59.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { inspect } from 'node:util';
import { Mistral } from '@mistralai/mistralai';
import { MistralError } from '@mistralai/mistralai/models/errors';
import OpenAI from 'openai';

const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { role: 'assistant', content: 'Good ' }, finish_reason: null }] };
const failure = { error: { message: 'No capacity left for this model', type: 'overloaded', code: '3505' } };
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end([chunk, failure].map((each) => `data: ${JSON.stringify(each)}\n\n`).join(''));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const address = `http://127.0.0.1:${server.address().port}`;
const messages = [{ role: 'user', content: 'Hello' }];

async function errorOf(open) {
  try {
    for await (const _ of await open()) { /* only the error counts */ }
  } catch (error) {
    return error;
  }
}
const mistral = await errorOf(() => new Mistral({ apiKey: 'any', serverURL: address }).chat.stream({ model: 'm', messages }));
const openai = await errorOf(() => new OpenAI({ apiKey: 'any', baseURL: address }).chat.completions.create({ model: 'm', messages, stream: true }));
const says = (error) => inspect(error, { depth: 9 }).includes('capacity');

const own = mistral instanceof MistralError;
console.log(`@mistralai/mistralai 2.7.0: ${mistral?.constructor.name}, an error of the package: ${own}, says "capacity": ${says(mistral)}`);
console.log(`openai 7.59.0:              ${openai?.constructor.name}, says "capacity": ${says(openai)}`);
const same = mistral?.constructor.name === 'ZodError' && !own && !says(mistral) && openai instanceof OpenAI.APIError && says(openai);
console.log(same ? 'As described: the reason of the failure is lost.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
