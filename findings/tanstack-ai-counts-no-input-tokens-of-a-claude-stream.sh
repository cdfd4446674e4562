#!/usr/bin/env bash
# TanStack AI counts 0 input tokens for a Claude stream, calls a refusal and a full context window "stop", and ends a cut stream without a word.
#
# Packages: npm @tanstack/ai@0.58.0 with @tanstack/ai-anthropic@0.18.11, createAnthropicChat; beside ai@7.0.173 with @ai-sdk/anthropic@4.0.105.
# Behaviour: Anthropic's message_start has the input and cache tokens, and its documented message_delta has the output only. The adapter reads the
#   latter alone, so input, cache reads and cache writes are free unless a host repeats them at the end. Of the stop reasons it knows four. A stream
#   that ends inside a block raises nothing and has no RUN_FINISHED either.
# Seen on 2026-11-30 with Node 20, for 50 + 1000 cached + 100 written input tokens, @tanstack/ai / ai:
#   end_turn: stop, input 0 / stop, input 1150 · refusal: stop / content-filter · model_context_window_exceeded: stop / length
#   cut inside a block: ends with TEXT_MESSAGE_CONTENT, no error / interrupted
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  @tanstack/ai@0.58.0 @tanstack/ai-anthropic@0.18.11 ai@7.0.173 @ai-sdk/anthropic@4.0.105 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { createAnthropic } from '@ai-sdk/anthropic';
import { chat } from '@tanstack/ai';
import { createAnthropicChat } from '@tanstack/ai-anthropic';
import { streamText } from 'ai';

const usage = { input_tokens: 50, cache_read_input_tokens: 1000, cache_creation_input_tokens: 100, output_tokens: 1 };
const text = [
  { type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', content: [], stop_reason: null, stop_sequence: null, usage } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
];
const stopped = (stop_reason) => [
  ...text,
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 30 } },
  { type: 'message_stop' },
];
const streams = { end_turn: stopped('end_turn'), refusal: stopped('refusal'), model_context_window_exceeded: stopped('model_context_window_exceeded'), cut: text };
let events;
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}`;

async function tanstack() {
  const adapter = createAnthropicChat('claude-sonnet-4-5', 'any', { baseURL, maxRetries: 0 });
  let last;
  for await (const event of chat({ adapter, messages: [{ role: 'user', content: 'Hello' }] })) last = event;
  return last.type === 'RUN_FINISHED' ? `${last.metadata.tanstack.finishReason}, input ${last.usage.promptTokens}` : `ends with ${last.type}`;
}
async function ai() {
  let end = 'nothing';
  const result = streamText({ model: createAnthropic({ apiKey: 'any', baseURL })('claude-sonnet-4-5'), prompt: 'Hello', maxRetries: 0, onError() {} });
  for await (const part of result.fullStream) {
    if (part.type === 'finish') end = `${part.finishReason}, input ${part.totalUsage.inputTokens}`;
  }
  return end;
}
const expected = {
  end_turn: 'stop, input 0 / stop, input 1150',
  refusal: 'stop, input 0 / content-filter, input 1150',
  model_context_window_exceeded: 'stop, input 0 / length, input 1150',
  cut: 'ends with TEXT_MESSAGE_CONTENT / interrupted, input undefined',
};
let changed = false;
for (const [name, body] of Object.entries(streams)) {
  events = body;
  const seen = `${await tanstack()} / ${await ai()}`;
  console.log(`${name}: ${seen}`);
  changed ||= seen !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described: a stream without input tokens, and refusals that look whole.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
