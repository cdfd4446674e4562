#!/usr/bin/env bash
# Five embedding clients ignore the `index` of each vector, so an answer in another order gives vectors to the wrong texts.
#
# Packages: npm openai@7.59.0 (embeddings.create), @langchain/openai@1.6.0, @llamaindex/openai@0.4.22, ai@6.0.326 with @ai-sdk/openai@3.0.141
#   and @ai-sdk/openai-compatible@2.0.92.
# Behaviour: each item of an embeddings answer has an index that names its input. A server that computes a batch in parallel may list
#   items as they are ready. openai returns them as they came, with the index; the functions of the other four return bare
#   vectors, in the order of the answer, so the caller can't even notice.
# Seen on 2026-11-29 with Node 20, for texts 0, 1, 2 whose vectors begin with 0, 1, 2, listed in reverse:
#   openai: 2 1 0 with index 2 1 0
#   langchain: 2 1 0
#   llamaindex: 2 1 0
#   ai, openai: 2 1 0
#   ai, openai-compatible: 2 1 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  openai@7.59.0 @llamaindex/openai@0.4.22 @llamaindex/core@0.6.22 @llamaindex/env@0.1.30 @langchain/openai@1.6.0 @langchain/core@1.4.0 \
  ai@6.0.326 @ai-sdk/openai@3.0.141 @ai-sdk/openai-compatible@2.0.92 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { OpenAIEmbeddings } from '@langchain/openai';
import { OpenAIEmbedding } from '@llamaindex/openai';
import { embedMany } from 'ai';
import OpenAI from 'openai';

const base64 = (numbers) => Buffer.from(new Float32Array(numbers).buffer).toString('base64');
const server = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  const { input, encoding_format } = JSON.parse(body);
  const data = input.map((_, index) => ({ object: 'embedding', index, embedding: encoding_format === 'base64' ? base64([index, 0.5]) : [index, 0.5] })).reverse();
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ object: 'list', data, model: 'm', usage: { prompt_tokens: 3, total_tokens: 3 } }));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}/v1`;
const options = { apiKey: 'any', baseURL, maxRetries: 0 };
const texts = ['zero', 'one', 'two'];
const firsts = (vectors) => vectors.map((vector) => vector[0]).join(' ');

const { data } = await new OpenAI(options).embeddings.create({ model: 'm', input: texts });
const many = async (model) => firsts((await embedMany({ model, values: texts, maxRetries: 0 })).embeddings);
const lines = [
  `openai: ${firsts(data.map((each) => each.embedding))} with index ${data.map((each) => each.index).join(' ')}`,
  `langchain: ${firsts(await new OpenAIEmbeddings({ model: 'm', apiKey: 'any', maxRetries: 0, configuration: { baseURL } }).embedDocuments(texts))}`,
  `llamaindex: ${firsts(await new OpenAIEmbedding({ model: 'text-embedding-3-small', ...options }).getTextEmbeddings(texts))}`,
  `ai, openai: ${await many(createOpenAI({ apiKey: 'any', baseURL }).embedding('m'))}`,
  `ai, openai-compatible: ${await many(createOpenAICompatible({ name: 'any', apiKey: 'any', baseURL }).embeddingModel('m'))}`,
];
const expected = ['openai: 2 1 0 with index 2 1 0', 'langchain: 2 1 0', 'llamaindex: 2 1 0', 'ai, openai: 2 1 0', 'ai, openai-compatible: 2 1 0'];
for (const line of lines) console.log(line);
const changed = JSON.stringify(lines) !== JSON.stringify(expected);
console.log(changed ? 'The behaviour changed.' : 'As described: the index is ignored.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
