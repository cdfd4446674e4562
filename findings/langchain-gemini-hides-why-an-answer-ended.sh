#!/usr/bin/env bash
# LangChain's Gemini loses the reason of an end that comes without content: a cut answer looks whole, a blocked prompt is a TypeError.
#
# Packages: npm @langchain/google-genai@2.3.2 with @langchain/core@1.4.0, beside @ai-sdk/google@4.0.121 with ai@7.0.173.
# Behaviour: `content` of a candidate is optional. When Gemini ends a stream with a finishReason alone, ChatGoogleGenerativeAI.stream drops it: no
#   finishReason is in the message of an answer cut by MAX_TOKENS. A prompt that Gemini blocks is answered by promptFeedback without
#   candidates: stream raises a bare TypeError on undefined, without the word of the block reason. The AI SDK has length and content-filter.
# Seen on 2026-11-29 with Node 20:
#   cut: langchain "Good", finishReason undefined · ai "Good" length
#   blocked: langchain TypeError, says SAFETY: false · ai "" content-filter
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  @langchain/google-genai@2.3.2 @langchain/core@1.4.0 @ai-sdk/google@4.0.121 ai@7.0.173 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { inspect } from 'node:util';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { ChatGoogleGenerativeAI } from '@langchain/google-genai';
import { streamText } from 'ai';

const cut = [
  { candidates: [{ content: { role: 'model', parts: [{ text: 'Good' }] }, index: 0 }], responseId: 'r' },
  { candidates: [{ finishReason: 'MAX_TOKENS', index: 0 }], usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 1, totalTokenCount: 6 }, responseId: 'r' },
];
const blocked = [{ promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 5, totalTokenCount: 5 }, responseId: 'r' }];
let events;
const server = createServer((request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(events.map((each) => `data: ${JSON.stringify(each)}\r\n\r\n`).join(''));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const address = `http://127.0.0.1:${server.address().port}`;
const model = new ChatGoogleGenerativeAI({ model: 'gemini-2.5-pro', apiKey: 'any', baseUrl: address, maxRetries: 0 });

async function seen() {
  let langchain;
  try {
    let message;
    for await (const part of await model.stream('Hello')) message = message ? message.concat(part) : part;
    langchain = `${JSON.stringify(message.content)}, finishReason ${message.response_metadata.finishReason}`;
  } catch (error) {
    langchain = `${error.name}, says SAFETY: ${inspect(error, { depth: 9 }).includes('SAFETY')}`;
  }
  const result = streamText({ model: createGoogleGenerativeAI({ apiKey: 'any', baseURL: address })('gemini-2.5-pro'), prompt: 'Hello' });
  return `langchain ${langchain} · ai ${JSON.stringify(await result.text)} ${await result.finishReason}`;
}
events = cut;
const first = await seen();
events = blocked;
const second = await seen();
console.log(`cut: ${first}`);
console.log(`blocked: ${second}`);
const same = first === 'langchain "Good", finishReason undefined · ai "Good" length' && second === 'langchain TypeError, says SAFETY: false · ai "" content-filter';
console.log(same ? 'As described: the reason is lost.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
