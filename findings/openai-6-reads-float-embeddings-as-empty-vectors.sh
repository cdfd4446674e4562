#!/usr/bin/env bash
# openai 6 turns embeddings that arrive as numbers into empty vectors, unless the caller asks for numbers; openai 7 reads them.
#
# Packages: npm openai@6.49.0, openai@7.59.0, @llamaindex/openai@0.4.22, @langchain/openai@1.6.0.
# Behaviour: without `encoding_format` openai 6 asks for base64 and decodes whatever comes as base64. A compatible server that knows
#   numbers only answers 200 with arrays: each becomes an empty array, without an error. LlamaIndex inherits it; openai 7 and
#   LangChain ask for base64 too and read both forms.
# Seen on 2026-11-29 with Node 20, for a server that answers [0.5,0.25]:
#   openai 6: [] · asked for float: [0.5,0.25]
#   openai 7: [0.5,0.25] · asked for float: [0.5,0.25]
#   llamaindex: []
#   langchain: [0.5,0.25]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  openai@6.49.0 openai-7@npm:openai@7.59.0 @llamaindex/openai@0.4.22 @llamaindex/core@0.6.22 @llamaindex/env@0.1.30 \
  @langchain/openai@1.6.0 @langchain/core@1.4.0 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { OpenAIEmbeddings } from '@langchain/openai';
import { OpenAIEmbedding } from '@llamaindex/openai';
import OpenAI6 from 'openai';
import OpenAI7 from 'openai-7';

const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const data = [{ object: 'embedding', index: 0, embedding: [0.5, 0.25] }];
  response.end(JSON.stringify({ object: 'list', data, model: 'm', usage: { prompt_tokens: 1, total_tokens: 1 } }));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}/v1`;
const options = { apiKey: 'any', baseURL, maxRetries: 0 };

const text = (vector) => JSON.stringify(Array.from(vector));
async function openai(OpenAI) {
  const ask = async (rest) => (await new OpenAI(options).embeddings.create({ model: 'm', input: ['Hello'], ...rest })).data[0].embedding;
  return `${text(await ask({}))} · asked for float: ${text(await ask({ encoding_format: 'float' }))}`;
}
const lines = [
  `openai 6: ${await openai(OpenAI6)}`,
  `openai 7: ${await openai(OpenAI7)}`,
  `llamaindex: ${text((await new OpenAIEmbedding({ model: 'text-embedding-3-small', ...options }).getTextEmbeddings(['Hello']))[0])}`,
  `langchain: ${text((await new OpenAIEmbeddings({ model: 'm', apiKey: 'any', maxRetries: 0, configuration: { baseURL } }).embedDocuments(['Hello']))[0])}`,
];
const expected = ['openai 6: [] · asked for float: [0.5,0.25]', 'openai 7: [0.5,0.25] · asked for float: [0.5,0.25]', 'llamaindex: []', 'langchain: [0.5,0.25]'];
for (const line of lines) console.log(line);
const changed = JSON.stringify(lines) !== JSON.stringify(expected);
console.log(changed ? 'The behaviour changed.' : 'As described: the numbers are lost without an error.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
