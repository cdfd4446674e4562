#!/usr/bin/env bash
# Google's ADK has no error for a blocked prompt in streaming mode, and two final events with the same usage for a tool call.
#
# Package: npm @google/adk@2.0.0, InMemoryRunner with a Gemini model, with and without StreamingMode.SSE.
# Behaviour: a prompt that Gemini blocks ends as an event with errorCode SAFETY, but in streaming mode as an empty event without code or message, like an
#   answer of no words. A streamed answer with a function call gives a second, empty event that is no partial one and carries the whole usage again, so a
#   sum over the final events bills the call twice. Without streaming each is there once.
# Seen on 2026-11-30 with Node 20, for a prompt of 5 tokens, and a call of 80 followed by an answer of 80:
#   blocked prompt: whole errorCode SAFETY, streamed errorCode undefined
#   tool call and answer: whole 160 tokens, streamed 240 tokens
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps @google/adk@2.0.0 zod@4.6.7 \
  @modelcontextprotocol/sdk@1.32.2 @opentelemetry/api@1.9.0 @opentelemetry/sdk-trace-base@2.2.0 @opentelemetry/resources@2.2.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';

const usageMetadata = { promptTokenCount: 50, candidatesTokenCount: 30, totalTokenCount: 80 };
const answer = (...parts) => ({ candidates: [{ index: 0, content: { role: 'model', parts }, finishReason: 'STOP' }], usageMetadata });
const blocked = { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 5, totalTokenCount: 5 } };
const call = answer({ functionCall: { name: 'look', args: { at: 'sky' } } });
let answers;
const server = createServer((request, response) => {
  const streamed = request.url.includes('streamGenerateContent');
  const text = JSON.stringify(answers.shift());
  response.writeHead(200, { 'content-type': streamed ? 'text/event-stream' : 'application/json' });
  response.end(streamed ? `data: ${text}\n\n` : text);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
process.env.GOOGLE_GEMINI_BASE_URL = `http://127.0.0.1:${server.address().port}`;
const { FunctionTool, Gemini, InMemoryRunner, LlmAgent, StreamingMode } = await import('@google/adk');
const { z } = await import('zod');

const look = new FunctionTool({ name: 'look', description: 'Looks', parameters: z.object({ at: z.string() }), execute: () => ({ color: 'blue' }) });
async function finals(streamingMode, list) {
  answers = [...list];
  const agent = new LlmAgent({ name: 'agent', model: new Gemini({ model: 'gemini-2.5-pro', apiKey: 'any' }), tools: [look] });
  const runner = new InMemoryRunner({ agent, appName: 'app' });
  const session = await runner.sessionService.createSession({ appName: 'app', userId: 'user' });
  const events = [];
  const newMessage = { role: 'user', parts: [{ text: 'Look up' }] };
  for await (const event of runner.runAsync({ userId: 'user', sessionId: session.id, newMessage, runConfig: { streamingMode } })) {
    if (!event.partial) events.push(event);
  }
  return events;
}
const code = (events) => events.at(-1).errorCode;
const total = (events) => events.reduce((sum, { usageMetadata: usage }) => sum + (usage?.totalTokenCount ?? 0), 0);
const [none, sse] = [StreamingMode.NONE, StreamingMode.SSE];
const turns = [call, answer({ text: 'Blue.' })];
const seen = {
  'blocked prompt': `whole errorCode ${code(await finals(none, [blocked]))}, streamed errorCode ${code(await finals(sse, [blocked]))}`,
  'tool call and answer': `whole ${total(await finals(none, turns))} tokens, streamed ${total(await finals(sse, turns))} tokens`,
};
const expected = {
  'blocked prompt': 'whole errorCode SAFETY, streamed errorCode undefined',
  'tool call and answer': 'whole 160 tokens, streamed 240 tokens',
};
let changed = false;
for (const [name, line] of Object.entries(seen)) {
  console.log(`${name}: ${line}`);
  changed ||= line !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described: no reason, and a usage that is there twice.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
