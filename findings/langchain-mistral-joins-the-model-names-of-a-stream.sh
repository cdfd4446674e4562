#!/usr/bin/env bash
# LangChain's Mistral model joins the model name of every chunk: a streamed answer comes from "mistral-smallmistral-small...".
#
# Packages: npm @langchain/mistralai@1.2.0 with @langchain/core@1.4.0, beside @langchain/deepseek@1.1.13 on the same events.
# Behaviour: each chunk's response_metadata has the model, and merging chunks joins texts. A price or a log by response_metadata.model finds no such
#   model, and the name gets longer with the answer. invoke() has it once. A finish reason in a chunk without text and usage is dropped with it.
# Seen on 2026-11-30 with Node 20, for four chunks; model of the streamed answer / of invoke():
#   @langchain/mistralai "mistral-smallmistral-smallmistral-smallmistral-small" / "mistral-small" · @langchain/deepseek "mistral-small" / "mistral-small"
#   finish reason length in a chunk of its own: @langchain/mistralai undefined · @langchain/deepseek length
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  @langchain/mistralai@1.2.0 @mistralai/mistralai@2.2.1 @langchain/core@1.4.0 @langchain/deepseek@1.1.13 @langchain/openai@1.6.0 openai@7.59.0 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { ChatDeepSeek } from '@langchain/deepseek';
import { ChatMistralAI } from '@langchain/mistralai';

const model = 'mistral-small';
const usage = { prompt_tokens: 50, completion_tokens: 30, total_tokens: 80 };
const chunk = (delta, finish_reason = null, rest = {}) => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model, choices: [{ index: 0, delta, finish_reason }], ...rest });
const text = [chunk({ role: 'assistant', content: 'One, ' }), chunk({ content: 'two, ' }), chunk({ content: 'three' })];
const streams = {
  together: [...text, chunk({ content: '' }, 'length', { usage })],
  apart: [...text, chunk({}, 'length'), { ...chunk({}), choices: [], usage }],
};
let events;
const server = createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  const streamed = JSON.parse(body).stream;
  response.writeHead(200, { 'content-type': streamed ? 'text/event-stream' : 'application/json' });
  const whole = { id: 'c', object: 'chat.completion', created: 1, model, usage, choices: [{ index: 0, message: { role: 'assistant', content: 'One' }, finish_reason: 'stop' }] };
  response.end(streamed ? `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n` : JSON.stringify(whole));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const url = `http://127.0.0.1:${server.address().port}`;
const models = {
  '@langchain/mistralai': new ChatMistralAI({ model, apiKey: 'any', serverURL: url }),
  '@langchain/deepseek': new ChatDeepSeek({ model, apiKey: 'any', configuration: { baseURL: url } }),
};
async function streamed(chat, body) {
  events = body;
  let message;
  for await (const part of await chat.stream('Count')) message = message ? message.concat(part) : part;
  return message.response_metadata;
}
const named = ({ model_name, model: name }) => JSON.stringify(model_name ?? name);
const expected = {
  '@langchain/mistralai': '"mistral-smallmistral-smallmistral-smallmistral-small" / "mistral-small", finish reason undefined',
  '@langchain/deepseek': '"mistral-small" / "mistral-small", finish reason length',
};
let changed = false;
for (const [name, chat] of Object.entries(models)) {
  const apart = await streamed(chat, streams.apart);
  const seen = `${named(await streamed(chat, streams.together))} / ${named((await chat.invoke('Count')).response_metadata)}, finish reason ${apart.finish_reason ?? apart.finishReason}`;
  console.log(`${name}: ${seen}`);
  changed ||= seen !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described: the name grows with the stream.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
