#!/usr/bin/env bash
# LangChain's Gemini leaves thinking tokens out of output_tokens, so that input + output is less than the total.
#
# Packages: npm @langchain/google-genai@2.3.2 with @langchain/core@1.4.0, beside @ai-sdk/google@4.0.121 with ai@7.0.173.
# Behaviour: Gemini counts thinking in thoughtsTokenCount, beside candidatesTokenCount, and bills it as output. usage_metadata has the candidates
#   as output_tokens and no `reasoning` in output_token_details, though both are documented as the place of these tokens. Costs taken
#   from input and output are too low by all of the thinking, in invoke and in stream. The AI SDK adds the two counts.
# Seen on 2026-11-29 with Node 20, for prompt 5, candidates 3, thoughts 10, total 18:
#   langchain: input 5, output 3, reasoning undefined, total 18 · ai: input 5, output 13, reasoning 10, total 18
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  @langchain/google-genai@2.3.2 @langchain/core@1.4.0 @ai-sdk/google@4.0.121 ai@7.0.173 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { ChatGoogleGenerativeAI } from '@langchain/google-genai';
import { streamText } from 'ai';

const answer = {
  candidates: [{ content: { role: 'model', parts: [{ text: 'Good day.' }] }, finishReason: 'STOP', index: 0 }],
  usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 3, thoughtsTokenCount: 10, totalTokenCount: 18 },
  modelVersion: 'gemini-2.5-pro',
  responseId: 'r',
};
const server = createServer((request, response) => {
  request.resume();
  const streamed = request.url.includes('streamGenerateContent');
  response.writeHead(200, { 'content-type': streamed ? 'text/event-stream' : 'application/json' });
  response.end(streamed ? `data: ${JSON.stringify(answer)}\r\n\r\n` : JSON.stringify(answer));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const address = `http://127.0.0.1:${server.address().port}`;

const model = new ChatGoogleGenerativeAI({ model: 'gemini-2.5-pro', apiKey: 'any', baseUrl: address });
const whole = await model.invoke('Hello');
let streamed;
for await (const part of await model.stream('Hello')) streamed = streamed ? streamed.concat(part) : part;
const usage = await streamText({ model: createGoogleGenerativeAI({ apiKey: 'any', baseURL: address })('gemini-2.5-pro'), prompt: 'Hello' }).usage;

const shown = ({ usage_metadata: u }) => `input ${u.input_tokens}, output ${u.output_tokens}, reasoning ${u.output_token_details?.reasoning}, total ${u.total_tokens}`;
const ai = `input ${usage.inputTokens}, output ${usage.outputTokens}, reasoning ${usage.outputTokenDetails.reasoningTokens}, total ${usage.totalTokens}`;
console.log(`@langchain/google-genai 2.3.2 invoke: ${shown(whole)}`);
console.log(`@langchain/google-genai 2.3.2 stream: ${shown(streamed)}`);
console.log(`@ai-sdk/google 4.0.121 stream:        ${ai}`);
const short = 'input 5, output 3, reasoning undefined, total 18';
const same = shown(whole) === short && shown(streamed) === short && ai === 'input 5, output 13, reasoning 10, total 18';
console.log(same ? 'As described: the thinking is in the total only.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
