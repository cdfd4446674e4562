#!/usr/bin/env bash
# TanStack AI runs a tool with {} when the token limit cut the arguments of its call.
#
# Packages: npm @tanstack/ai@0.58.0 with @tanstack/ai-openai@0.23.1, createOpenaiChatCompletions, beside ai@7.0.173 with @ai-sdk/openai@4.0.118.
# Behaviour: arguments that are no JSON are replaced by an empty object, also when the finish reason is `length`. The server tool runs
#   with it, and the model gets its result as if it had asked for that; only a log line has the parse error. The AI SDK runs nothing and hands the model an error.
# Seen on 2026-11-30 with Node 20, for the arguments {"older_than_days":30,"folder":"tm and finish_reason length:
#   tanstack: the tool ran with {} · ai: the tool didn't run
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  @tanstack/ai@0.58.0 @tanstack/ai-openai@0.23.1 openai@7.59.0 @ai-sdk/openai@4.0.118 ai@7.0.173 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { createOpenAI } from '@ai-sdk/openai';
import { chat, toolDefinition } from '@tanstack/ai';
import { createOpenaiChatCompletions } from '@tanstack/ai-openai';
import { jsonSchema, stepCountIs, streamText, tool } from 'ai';

const chunk = (delta, finish_reason = null) => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o', choices: [{ index: 0, delta, finish_reason }] });
const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'delete_files', arguments: '{"older_than_days":30,"folder":"tm' } };
const cut = [chunk({ role: 'assistant', content: null, tool_calls: [call] }), chunk({}, 'length')];
const done = [chunk({ role: 'assistant', content: 'Done.' }), chunk({}, 'stop')];
let requests;
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const events = requests++ === 0 ? cut : done;
  response.end(`${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}`;
const inputSchema = { type: 'object', properties: { older_than_days: { type: 'number' }, folder: { type: 'string' } } };
const description = 'Deletes files';

const runs = {
  tanstack: async (execute) => {
    const tools = [toolDefinition({ name: 'delete_files', description, inputSchema }).server(execute)];
    const adapter = createOpenaiChatCompletions('gpt-4o', 'any', { baseURL, maxRetries: 0 });
    for await (const _ of chat({ adapter, tools, messages: [{ role: 'user', content: 'Tidy up' }] }));
  },
  ai: async (execute) => {
    const tools = { delete_files: tool({ description, inputSchema: jsonSchema(inputSchema), execute }) };
    const result = streamText({ model: createOpenAI({ apiKey: 'any', baseURL }).chat('gpt-4o'), prompt: 'Tidy up', tools, stopWhen: stepCountIs(2), onError() {} });
    await result.consumeStream();
  },
};
const expected = { tanstack: 'the tool ran with {}', ai: "the tool didn't run" };
let changed = false;
for (const [name, run] of Object.entries(runs)) {
  requests = 0;
  let seen = "the tool didn't run";
  await run(async (input) => {
    seen = `the tool ran with ${JSON.stringify(input)}`;
    return 'ok';
  });
  console.log(`${name}: ${seen}`);
  changed ||= seen !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described: the arguments that arrived are gone, and the tool runs all the same.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
