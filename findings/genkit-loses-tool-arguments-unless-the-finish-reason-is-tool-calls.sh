#!/usr/bin/env bash
# Genkit replaces a tool call's arguments by "" unless the finish reason is tool_calls, and refuses a call without arguments.
#
# Packages: npm genkit@1.42.0 with @genkit-ai/compat-oai@1.42.0, generate and generateStream; beside ai@7.0.173 with @ai-sdk/openai@4.0.118.
# Behaviour: OpenAI answers with the finish reason `stop` when tool_choice names the function, and compatible servers do so for any call. Genkit then
#   hands the tool "" for arguments that arrived whole: its schema check fails, or a tool that takes any input runs without them. Empty arguments,
#   which models send for a tool without parameters, become "" too and fail the check of an object. The AI SDK runs the tool in all cases.
# Seen on 2026-11-30 with Node 20, for an object schema; whole answers and streams alike:
#   {"at":"sky"} and tool_calls: ran with {"at":"sky"} · {"at":"sky"} and stop: error, provided data "" · "" and tool_calls: error, provided data ""
#   {"at":"sky"} and stop, a tool of any input: ran with ""
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  genkit@1.42.0 @genkit-ai/compat-oai@1.42.0 ai@7.0.173 @ai-sdk/openai@4.0.118 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { createOpenAI } from '@ai-sdk/openai';
import { openAICompatible } from '@genkit-ai/compat-oai';
import { generateText, jsonSchema, tool } from 'ai';
import { genkit, z } from 'genkit';

let call, requests;
const server = createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  const streamed = JSON.parse(body).stream;
  const first = requests++ === 0;
  const message = first ? { content: null, tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: call.name, arguments: call.text } }] } : { content: 'Done.' };
  const choice = { index: 0, [streamed ? 'delta' : 'message']: { role: 'assistant', ...message }, finish_reason: first ? call.reason : 'stop' };
  const text = JSON.stringify({ id: 'c', object: streamed ? 'chat.completion.chunk' : 'chat.completion', created: 1, model: 'm', choices: [choice] });
  response.writeHead(200, { 'content-type': streamed ? 'text/event-stream' : 'application/json' });
  response.end(streamed ? `data: ${text}\n\ndata: [DONE]\n\n` : text);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}`;

let ran;
const execute = async (input) => {
  ran = `ran with ${JSON.stringify(input)}`;
  return 'blue';
};
const kit = genkit({ plugins: [openAICompatible({ name: 'local', apiKey: 'any', baseURL, maxRetries: 0 })] });
kit.defineTool({ name: 'look', description: 'Looks', inputSchema: z.object({ at: z.string().optional() }) }, execute);
kit.defineTool({ name: 'look_any', description: 'Looks', inputSchema: z.any() }, execute);
const options = () => ({ model: 'local/m', prompt: 'Look up', tools: [call.name] });
const ways = {
  generate: () => kit.generate(options()),
  generateStream: async () => {
    const { stream, response } = kit.generateStream(options());
    response.catch(() => {});
    for await (const _ of stream);
    return response;
  },
  ai: () => generateText({ model: createOpenAI({ apiKey: 'any', baseURL }).chat('m'), prompt: 'Look up', tools: { [call.name]: tool({ inputSchema: jsonSchema({ type: 'object' }), execute }) } }),
};
const object = '{"at":"sky"}';
const cases = [
  { name: 'look', text: object, reason: 'tool_calls', genkit: 'ran with {"at":"sky"}', ai: 'ran with {"at":"sky"}' },
  { name: 'look', text: object, reason: 'stop', genkit: 'error, provided data ""', ai: 'ran with {"at":"sky"}' },
  { name: 'look', text: '', reason: 'tool_calls', genkit: 'error, provided data ""', ai: 'ran with {}' },
  { name: 'look_any', text: object, reason: 'stop', genkit: 'ran with ""', ai: 'ran with {"at":"sky"}' },
];
let changed = false;
for (const each of cases) {
  call = each;
  const seen = [];
  for (const [way, run] of Object.entries(ways)) {
    requests = 0;
    ran = undefined;
    const error = await run().then(() => undefined, (raised) => raised);
    const provided = error && /Provided data:\s*(\S+)/.exec(error.message)?.[1];
    const line = ran ?? (provided ? `error, provided data ${provided}` : `error ${error?.message}`);
    seen.push(`${way} ${line}`);
    changed ||= line !== (way === 'ai' ? each.ai : each.genkit);
  }
  console.log(`${each.name} ${JSON.stringify(each.text)} and ${each.reason}: ${seen.join(' · ')}`);
}
console.log(changed ? 'The behaviour changed.' : 'As described: arguments that arrived whole are an empty string for the tool.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
