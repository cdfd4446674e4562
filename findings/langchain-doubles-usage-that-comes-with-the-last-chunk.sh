#!/usr/bin/env bash
# LangChain's streamed message tells two usages: response_metadata.usage is doubled when it came with the last chunk.
#
# Package: npm @langchain/openai@1.6.0 with @langchain/core@1.4.0, ChatOpenAI.stream, chunks joined with concat.
# Behaviour: usage in a chunk of its own without choices (as OpenAI sends it) is counted once. Many compatible hosts send it
#   on the chunk with the finish reason: response_metadata.usage is then twice as high. Hosts that send a running total
#   on each chunk get the sum of all. usage_metadata of the same message is right in all three cases.
# Seen on 2026-11-29 with Node 20, for a true usage of 5 + 3 tokens, as usage_metadata / response_metadata.usage:
#   own chunk 5+3 / 5+3 · finish chunk 5+3 / 10+6 · each chunk 5+3 / 20+9
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @langchain/openai@1.6.0 @langchain/core@1.4.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { ChatOpenAI } from '@langchain/openai';

const usage = (output) => ({ prompt_tokens: 5, completion_tokens: output, total_tokens: 5 + output });
const chunk = (choice, rest = {}) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: choice ? [{ index: 0, finish_reason: null, ...choice }] : [], ...rest })}\n\n`;
const first = { delta: { role: 'assistant', content: 'Good ' } };
const second = { delta: { content: 'day' } };
const last = { delta: {}, finish_reason: 'stop' };
const streams = {
  'own chunk': [chunk(first), chunk(second), chunk(last), chunk(undefined, { usage: usage(3) })],
  'finish chunk': [chunk(first), chunk(second), chunk(last, { usage: usage(3) })],
  'each chunk': [chunk(first, { usage: usage(1) }), chunk(second, { usage: usage(2) }), chunk(last, { usage: usage(3) })],
};
const expected = { 'own chunk': '5+3 / 5+3', 'finish chunk': '5+3 / 10+6', 'each chunk': '5+3 / 20+9' };

let body;
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end([...body, 'data: [DONE]\n\n'].join(''));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const model = new ChatOpenAI({ model: 'm', apiKey: 'any', configuration: { baseURL: `http://127.0.0.1:${server.address().port}` } });

console.log('@langchain/openai 1.6.0: usage_metadata / response_metadata.usage, true usage 5+3');
let changed = false;
for (const [name, events] of Object.entries(streams)) {
  body = events;
  let message;
  for await (const part of await model.stream('Hello')) message = message ? message.concat(part) : part;
  const { usage_metadata: counted, response_metadata: { usage: summed } } = message;
  const seen = `${counted.input_tokens}+${counted.output_tokens} / ${summed.prompt_tokens}+${summed.completion_tokens}`;
  console.log(`${name.padEnd(13)} ${seen}`);
  changed ||= seen !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described: the two usages of one message differ.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
