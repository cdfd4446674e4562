#!/usr/bin/env bash
# @ai-sdk/anthropic drops text that comes in content_block_start; Anthropic's own SDK keeps it.
#
# Packages: npm @ai-sdk/anthropic@4.0.105 with ai@7.0.173, beside @anthropic-ai/sdk@1.14.0.
# Behaviour: content_block_start carries a text block with its own `text`, mostly empty. A server of the same shape may put the
#   first words there. The AI SDK leaves them out without a warning, though it does read a tool's `input` from that event.
# Seen on 2026-11-29 with Node 20, for "Good " in the start and "day." in a delta:
#   @anthropic-ai/sdk "Good day." · @ai-sdk/anthropic "day."
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts \
  @ai-sdk/anthropic@4.0.105 ai@7.0.173 zod@4.6.7 @anthropic-ai/sdk@1.14.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { createAnthropic } from '@ai-sdk/anthropic';
import Anthropic from '@anthropic-ai/sdk';
import { jsonSchema, streamText, tool } from 'ai';

const event = (type, rest) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end([
    event('message_start', { message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 9, output_tokens: 1 } } }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: 'Good ' } }),
    event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'day.' } }),
    event('content_block_stop', { index: 0 }),
    event('content_block_start', { index: 1, content_block: { type: 'tool_use', id: 'toolu_1', name: 'look', input: { at: 'sky' } } }),
    event('content_block_stop', { index: 1 }),
    event('message_delta', { delta: { stop_reason: 'tool_use', stop_sequence: null }, usage: { output_tokens: 7 } }),
    event('message_stop', {}),
  ].join(''));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}`;

const official = await new Anthropic({ apiKey: 'any', baseURL }).messages
  .stream({ model: 'm', max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }] }).finalMessage();
const result = streamText({
  model: createAnthropic({ apiKey: 'any', baseURL })('m'),
  prompt: 'Hello',
  maxOutputTokens: 50,
  tools: { look: tool({ inputSchema: jsonSchema({ type: 'object' }) }) },
});
const text = await result.text;
const input = JSON.stringify((await result.toolCalls)[0]?.input);

console.log(`@anthropic-ai/sdk 1.14.0:  text ${JSON.stringify(official.content[0].text)}, input ${JSON.stringify(official.content[1].input)}`);
console.log(`@ai-sdk/anthropic 4.0.105: text ${JSON.stringify(text)}, input ${input}`);
const same = official.content[0].text === 'Good day.' && text === 'day.' && input === '{"at":"sky"}';
console.log(same ? 'As described: the first words are lost, the input is not.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
