#!/usr/bin/env bash
# The stream helper of openai 7 glues two tool calls into one, and keeps only the last piece of a streamed reasoning.
#
# Package: npm openai@7.59.0, chat.completions.stream().finalChatCompletion(); beside it ai@7.0.173 with
#   @ai-sdk/openai-compatible@3.0.92, which gives both calls and the whole reasoning.
# Behaviour: some compatible hosts send each call whole, with its own id, and give all of them index 0. The helper goes by
#   the index alone: the last id and name, and the arguments of both, run together. Fields that it does not know, such
#   as reasoning_content, are overwritten by each piece where content is joined. Neither raises an error.
# Seen on 2026-11-29 with Node 20:
#   openai: call_2 sell {"item":"tea"}{"item":"ink"} · reasoning "buy."
#   ai:     call_1 buy {"item":"tea"}, call_2 sell {"item":"ink"} · reasoning "First I buy."
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts \
  openai@7.59.0 ai@7.0.173 @ai-sdk/openai-compatible@3.0.92 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { jsonSchema, streamText, tool } from 'ai';
import OpenAI from 'openai';

const chunk = (delta, finish_reason = null) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const call = (id, name, item) => ({ tool_calls: [{ index: 0, id, type: 'function', function: { name, arguments: `{"item":"${item}"}` } }] });
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end([
    chunk({ role: 'assistant', reasoning_content: 'First I ' }),
    chunk({ reasoning_content: 'buy.' }),
    chunk(call('call_1', 'buy', 'tea')),
    chunk(call('call_2', 'sell', 'ink')),
    chunk({}, 'tool_calls'),
    'data: [DONE]\n\n',
  ].join(''));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}`;

const helper = new OpenAI({ apiKey: 'any', baseURL }).chat.completions.stream({ model: 'm', messages: [{ role: 'user', content: 'Trade' }] });
const { message } = (await helper.finalChatCompletion()).choices[0];
const calls = message.tool_calls.map((each) => `${each.id} ${each.function.name} ${each.function.arguments}`).join(', ');

const trade = tool({ inputSchema: jsonSchema({ type: 'object', properties: { item: { type: 'string' } } }) });
const model = createOpenAICompatible({ name: 'host', apiKey: 'any', baseURL })('m');
const peer = streamText({ model, prompt: 'Trade', tools: { buy: trade, sell: trade } });
const peerCalls = (await peer.toolCalls).map((each) => `${each.toolCallId} ${each.toolName} ${JSON.stringify(each.input)}`).join(', ');
const peerReasoning = await peer.reasoningText;

console.log(`openai 7.59.0: ${calls} · reasoning ${JSON.stringify(message.reasoning_content)}`);
console.log(`ai 7.0.173:    ${peerCalls} · reasoning ${JSON.stringify(peerReasoning)}`);
const same = calls === 'call_2 sell {"item":"tea"}{"item":"ink"}' && message.reasoning_content === 'buy.'
  && peerCalls === 'call_1 buy {"item":"tea"}, call_2 sell {"item":"ink"}' && peerReasoning === 'First I buy.';
console.log(same ? 'As described: one call made of two, and the head of the reasoning lost.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
