#!/usr/bin/env bash
# @mistralai/mistralai throws away good embeddings when the answer has no id, which OpenAI's shape doesn't have.
#
# Package: npm @mistralai/mistralai@2.7.0, embeddings.create with its own serverURL; beside it openai@7.59.0.
# Behaviour: the answer is checked against Mistral's schema before it is handed out, and `id` is required there. Servers with
#   OpenAI's embeddings shape (object, data, model, usage) answer 200 with all vectors, and the call fails with
#   ResponseValidationError. An unknown finish reason or an extra field passes the same package's chat check.
# Seen on 2026-11-29 with Node 20:
#   without id: ResponseValidationError (the vectors are in its rawValue) · with id: 0.1,0.2 · openai without id: 0.1,0.2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @mistralai/mistralai@2.7.0 openai@7.59.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { Mistral } from '@mistralai/mistralai';
import OpenAI from 'openai';

const embeddings = { object: 'list', data: [{ object: 'embedding', index: 0, embedding: [0.1, 0.2] }], model: 'm', usage: { prompt_tokens: 1, total_tokens: 1 } };
const answer = { id: 'i', object: 'chat.completion', created: 1, model: 'm', extra: true, usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }, choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'new_reason' }] };
let body;
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const address = `http://127.0.0.1:${server.address().port}`;
const mistral = new Mistral({ apiKey: 'any', serverURL: address });
const openai = new OpenAI({ apiKey: 'any', baseURL: address });
const outcome = async (call, given) => {
  body = given;
  return call().then(String, (error) => `${error.constructor.name}, rawValue ${error.rawValue?.data?.[0]?.embedding}`);
};

const vector = async () => (await mistral.embeddings.create({ model: 'm', inputs: ['Hello'] })).data[0].embedding;
const seen = {
  'mistral, without id': await outcome(vector, embeddings),
  'mistral, with id': await outcome(vector, { id: 'i', ...embeddings }),
  'openai, without id': await outcome(async () => (await openai.embeddings.create({ model: 'm', input: 'Hello', encoding_format: 'float' })).data[0].embedding, embeddings),
  'mistral chat, new finish reason': await outcome(async () => (await mistral.chat.complete({ model: 'm', messages: [{ role: 'user', content: 'Hello' }] })).choices[0].finishReason, answer),
};
console.log('@mistralai/mistralai 2.7.0 and openai 7.59.0');
for (const [name, text] of Object.entries(seen)) console.log(`${name.padEnd(32)} ${text}`);
const same = Object.values(seen).join(' · ') === 'ResponseValidationError, rawValue 0.1,0.2 · 0.1,0.2 · 0.1,0.2 · new_reason';
console.log(same ? 'As described: a missing label costs the whole answer.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
