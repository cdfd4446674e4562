#!/usr/bin/env bash
# LangChain adds up Anthropic's running totals: every streamed answer has too many output tokens.
#
# Packages: npm @langchain/anthropic@1.5.11 with @langchain/core@1.4.0, beside @anthropic-ai/sdk@1.14.0.
# Behaviour: the counts in message_delta are documented as cumulative, with the first ones in message_start. ChatAnthropic.stream
#   adds them instead of replacing them. A count of input tokens that comes with message_delta only, as compatible servers send it, is left out.
# Seen on 2026-11-29 with Node 20, input + output tokens, @anthropic-ai/sdk / @langchain/anthropic:
#   start 9+1, delta 7: 9+7 / 9+8 · start 9+1, deltas 4 and 7: 9+7 / 9+12 · start 0+0, delta 20+7: 20+7 / 0+7
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  @langchain/anthropic@1.5.11 @langchain/core@1.4.0 @anthropic-ai/sdk@1.14.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import Anthropic from '@anthropic-ai/sdk';
import { ChatAnthropic } from '@langchain/anthropic';

const event = (type, rest) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
const answer = (first, ...deltas) => [
  event('message_start', { message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null, stop_sequence: null, usage: first } }),
  event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Good day' } }),
  event('content_block_stop', { index: 0 }),
  ...deltas.map((usage, at) => event('message_delta', { delta: { stop_reason: at === deltas.length - 1 ? 'end_turn' : null, stop_sequence: null }, usage })),
  event('message_stop', {}),
].join('');
const cases = {
  'start 9+1, delta 7': [answer({ input_tokens: 9, output_tokens: 1 }, { output_tokens: 7 }), '9+7 / 9+8'],
  'start 9+1, deltas 4 and 7': [answer({ input_tokens: 9, output_tokens: 1 }, { output_tokens: 4 }, { output_tokens: 7 }), '9+7 / 9+12'],
  'start 0+0, delta 20+7': [answer({ input_tokens: 0, output_tokens: 0 }, { input_tokens: 20, output_tokens: 7 }), '20+7 / 0+7'],
};
let body;
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(body);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const baseURL = `http://127.0.0.1:${server.address().port}`;

console.log('Input + output tokens, @anthropic-ai/sdk 1.14.0 / @langchain/anthropic 1.5.11');
let changed = false;
for (const [name, [events, expected]] of Object.entries(cases)) {
  body = events;
  const { usage: official } = await new Anthropic({ apiKey: 'any', baseURL }).messages
    .stream({ model: 'm', max_tokens: 50, messages: [{ role: 'user', content: 'Hello' }] }).finalMessage();
  let message;
  for await (const part of await new ChatAnthropic({ model: 'm', apiKey: 'any', anthropicApiUrl: baseURL }).stream('Hello')) {
    message = message ? message.concat(part) : part;
  }
  const { usage_metadata: counted } = message;
  const seen = `${official.input_tokens}+${official.output_tokens} / ${counted.input_tokens}+${counted.output_tokens}`;
  console.log(`${name.padEnd(26)} ${seen}`);
  changed ||= seen !== expected;
}
console.log(changed ? 'The behaviour changed.' : 'As described: running totals are added up.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
