#!/usr/bin/env bash
# A chat stream that ends before its finish reason is an error in one provider package of the AI SDK and a normal end in five others.
#
# Packages: npm ai@6.0.326 with @ai-sdk/openai-compatible@2.0.92, @ai-sdk/openai@3.0.141, @ai-sdk/groq@3.0.71, @ai-sdk/deepseek@2.0.69,
#   @ai-sdk/mistral@3.0.69 and @openrouter/ai-sdk-provider@2.10.0.
# Behaviour: the server sends one chunk with text and closes the response cleanly: no finish reason, no usage, no [DONE]. streamText()
#   over openai-compatible emits an error part and finishes with "error". Over the other five it finishes with "other" and emits no
#   error, so half an answer looks like a whole one.
# Seen on 2026-11-29 with Node 20:
#   openai-compatible: finish error, 1 error
#   openai: finish other, 0 errors
#   groq: finish other, 0 errors
#   deepseek: finish other, 0 errors
#   mistral: finish other, 0 errors
#   openrouter: finish other, 0 errors
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  ai@6.0.326 @ai-sdk/openai-compatible@2.0.92 @ai-sdk/openai@3.0.141 @ai-sdk/groq@3.0.71 @ai-sdk/deepseek@2.0.69 @ai-sdk/mistral@3.0.69 \
  @openrouter/ai-sdk-provider@2.10.0 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { createDeepSeek } from '@ai-sdk/deepseek';
import { createGroq } from '@ai-sdk/groq';
import { createMistral } from '@ai-sdk/mistral';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createOpenRouter } from '@openrouter/ai-sdk-provider';
import { streamText } from 'ai';

const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { role: 'assistant', content: 'Half an' }, finish_reason: null }] };
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(`data: ${JSON.stringify(chunk)}\n\n`);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const options = { baseURL: `http://127.0.0.1:${server.address().port}/v1`, apiKey: 'any' };
const models = {
  'openai-compatible': createOpenAICompatible({ name: 'any', ...options })('m'),
  openai: createOpenAI(options).chat('m'),
  groq: createGroq(options)('m'),
  deepseek: createDeepSeek(options)('m'),
  mistral: createMistral(options)('m'),
  openrouter: createOpenRouter(options).chat('m'),
};
let changed = false;
for (const [name, model] of Object.entries(models)) {
  let text = '';
  let finish;
  let errors = 0;
  for await (const part of streamText({ model, prompt: 'Hello', maxRetries: 0, onError() {} }).fullStream) {
    if (part.type === 'text-delta') text += part.text;
    if (part.type === 'error') errors += 1;
    if (part.type === 'finish') finish = part.finishReason;
  }
  console.log(`${name}: finish ${finish}, ${errors} ${errors === 1 ? 'error' : 'errors'}`);
  const error = name === 'openai-compatible';
  changed ||= text !== 'Half an' || finish !== (error ? 'error' : 'other') || errors !== (error ? 1 : 0);
}
console.log(changed ? 'The behaviour changed.' : 'As described: five of six take the cut for an end.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
