#!/usr/bin/env bash
# LangChain's Groq model has no usage_metadata on a streamed answer, adds up totals that come twice, and drops `reasoning`.
#
# Packages: npm @langchain/groq@1.3.1 with @langchain/core@1.4.0, beside @langchain/deepseek@1.1.13 for the usage on the same events.
# Behaviour: Groq sends the usage in `x_groq` of the last chunk, and with include_usage in one more chunk. Neither reaches usage_metadata, which
#   LangChain's callbacks and tracers count by; invoke() fills it. Merged response metadata then has total_tokens of both together beside parts
#   of one. The documented field `reasoning` of a message or delta is in no field of the answer.
# Seen on 2026-11-30 with Node 20, for 50 + 30 tokens and the reasoning "Hm.":
#   invoke: usage_metadata 80 tokens, reasoning nowhere · stream: usage_metadata undefined, response_metadata.usage 50 + 30 = 160, reasoning nowhere
#   stream of @langchain/deepseek: usage_metadata 80 tokens
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  @langchain/groq@1.3.1 groq-sdk@1.6.0 @langchain/core@1.4.0 @langchain/deepseek@1.1.13 @langchain/openai@1.6.0 openai@7.59.0 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { ChatDeepSeek } from '@langchain/deepseek';
import { ChatGroq } from '@langchain/groq';

const usage = { prompt_tokens: 50, completion_tokens: 30, total_tokens: 80 };
const chunk = (choices, rest = {}) => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...rest });
const delta = (delta, finish_reason = null) => [{ index: 0, delta, finish_reason }];
const x_groq = { id: 'req_1', usage };
const events = [
  chunk(delta({ role: 'assistant', content: '', reasoning: 'Hm.' })),
  chunk(delta({ content: 'Hello' })),
  chunk(delta({}, 'stop'), { x_groq }),
  chunk([], { usage, x_groq }),
];
const whole = { id: 'c', object: 'chat.completion', created: 1, model: 'm', usage, choices: [{ index: 0, message: { role: 'assistant', content: 'Hello', reasoning: 'Hm.' }, finish_reason: 'stop' }] };
const server = createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  const streamed = JSON.parse(body).stream;
  response.writeHead(200, { 'content-type': streamed ? 'text/event-stream' : 'application/json' });
  response.end(streamed ? `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n` : JSON.stringify(whole));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}`;
const groq = new ChatGroq({ model: 'm', apiKey: 'any', baseUrl: baseURL });
const deepseek = new ChatDeepSeek({ model: 'm', apiKey: 'any', configuration: { baseURL } });

async function streamed(model) {
  let message;
  for await (const part of await model.stream('Hello')) message = message ? message.concat(part) : part;
  return message;
}
const counted = ({ usage_metadata: usage }) => (usage ? `${usage.total_tokens} tokens` : 'undefined');
const reasoning = (message) => (JSON.stringify([message, message.contentBlocks]).includes('Hm.') ? 'there' : 'nowhere');
const invoke = await groq.invoke('Hello');
const stream = await streamed(groq);
const { input_tokens, output_tokens, total_tokens } = stream.response_metadata.usage;
const seen = {
  invoke: `usage_metadata ${counted(invoke)}, reasoning ${reasoning(invoke)}`,
  stream: `usage_metadata ${counted(stream)}, response_metadata.usage ${input_tokens} + ${output_tokens} = ${total_tokens}, reasoning ${reasoning(stream)}`,
  'stream of @langchain/deepseek': `usage_metadata ${counted(await streamed(deepseek))}`,
};
const expected = {
  invoke: 'usage_metadata 80 tokens, reasoning nowhere',
  stream: 'usage_metadata undefined, response_metadata.usage 50 + 30 = 160, reasoning nowhere',
  'stream of @langchain/deepseek': 'usage_metadata 80 tokens',
};
let changed = false;
for (const [name, line] of Object.entries(seen)) {
  console.log(`${name}: ${line}`);
  changed ||= line !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described: a streamed answer costs nothing, and the reasoning is gone.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
