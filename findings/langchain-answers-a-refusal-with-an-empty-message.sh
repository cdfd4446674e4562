#!/usr/bin/env bash
# LangChain turns a refusal into an empty message that ended normally: the words of the refusal are in no field.
#
# Packages: npm @langchain/openai@1.6.0 with @langchain/core@1.4.0, beside @ai-sdk/openai@4.0.118 with ai@7.0.173.
# Behaviour: OpenAI answers a refused request with content null, the words in `refusal` and finish_reason "stop". ChatOpenAI, in invoke
#   and in stream, has content "", empty additional_kwargs and the finish reason stop: the same as an answer without words.
#   The AI SDK hands the words on as text with the finish reason content-filter.
# Seen on 2026-11-29 with Node 20, for the refusal "I cannot help with that.":
#   invoke: content "", says the refusal: false · stream: content "", says the refusal: false · ai "I cannot help with that." content-filter
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  @langchain/openai@1.6.0 @langchain/core@1.4.0 @ai-sdk/openai@4.0.118 ai@7.0.173 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { inspect } from 'node:util';
import { createOpenAI } from '@ai-sdk/openai';
import { ChatOpenAI } from '@langchain/openai';
import { streamText } from 'ai';

const head = { id: 'c', created: 1, model: 'm' };
const chunk = (delta, finish_reason = null) => ({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] });
const answer = {
  ...head,
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: null, refusal: 'I cannot help with that.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
};
const chunks = [chunk({ role: 'assistant', content: null, refusal: 'I cannot ' }), chunk({ refusal: 'help with that.' }), chunk({}, 'stop')];
const server = createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  const streamed = JSON.parse(body).stream === true;
  response.writeHead(200, { 'content-type': streamed ? 'text/event-stream' : 'application/json' });
  response.end(streamed ? `${chunks.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('')}data: [DONE]\n\n` : JSON.stringify(answer));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}`;

const model = new ChatOpenAI({ model: 'm', apiKey: 'any', configuration: { baseURL } });
const whole = await model.invoke('Hello');
let streamed;
for await (const part of await model.stream('Hello')) streamed = streamed ? streamed.concat(part) : part;
const result = streamText({ model: createOpenAI({ apiKey: 'any', baseURL }).chat('m'), prompt: 'Hello' });
const ai = `${JSON.stringify(await result.text)} ${await result.finishReason}`;

const shown = (message) => `content ${JSON.stringify(message.content)}, finish reason ${message.response_metadata.finish_reason}, says the refusal: ${inspect(message, { depth: 9 }).includes('cannot')}`;
console.log(`@langchain/openai 1.6.0 invoke: ${shown(whole)}`);
console.log(`@langchain/openai 1.6.0 stream: ${shown(streamed)}`);
console.log(`@ai-sdk/openai 4.0.118:         ${ai}`);
const empty = 'content "", finish reason stop, says the refusal: false';
const same = shown(whole) === empty && shown(streamed) === empty && ai === '"I cannot help with that." content-filter';
console.log(same ? 'As described: the refusal is lost.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
