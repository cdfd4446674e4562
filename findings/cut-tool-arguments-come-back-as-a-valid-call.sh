#!/usr/bin/env bash
# A tool call cut off by the token limit comes back as a valid call with other arguments, in two ways.
#
# Packages: npm @anthropic-ai/sdk@1.14.0 (messages.stream().finalMessage()) and @langchain/openai@1.6.0 with
#   @langchain/core@1.4.0 (streamed chunks, concatenated).
# Behaviour: both complete the JSON and report no error. The first leaves out the value that was being written, and a
#   number even if its last digit may have come. The second closes the string where it was cut, and lists the call
#   under tool_calls, not under invalid_tool_calls. Only the stop reason tells that something is missing.
# Seen on 2026-11-29 with Node 20, for {"folder":"/data/old , for {"keep":["a","b and for {"folder":"/data","days":12
#   @anthropic-ai/sdk: {} · {"keep":["a"]} · {"folder":"/data"}
#   @langchain/openai: {"folder":"/data/old"} · {"keep":["a","b"]} · {"folder":"/data","days":12}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts \
  @anthropic-ai/sdk@1.14.0 @langchain/openai@1.6.0 @langchain/core@1.4.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import Anthropic from '@anthropic-ai/sdk';
import { ChatOpenAI } from '@langchain/openai';

const named = (type, rest) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
const messages = (cut) => [
  named('message_start', { message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 9, output_tokens: 1 } } }),
  named('content_block_start', { index: 0, content_block: { type: 'tool_use', id: 'toolu_1', name: 'clean', input: {} } }),
  named('content_block_delta', { index: 0, delta: { type: 'input_json_delta', partial_json: cut } }),
  named('content_block_stop', { index: 0 }),
  named('message_delta', { delta: { stop_reason: 'max_tokens', stop_sequence: null }, usage: { output_tokens: 16 } }),
  named('message_stop', {}),
];
const chunk = (delta, finish_reason = null) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
const chat = (cut) => [
  chunk({ role: 'assistant', tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'clean', arguments: cut } }] }),
  chunk({}, 'length'),
  'data: [DONE]\n\n',
];

let cut;
const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end((request.url.includes('messages') ? messages(cut) : chat(cut)).join(''));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const address = `http://127.0.0.1:${server.address().port}`;
const anthropic = new Anthropic({ apiKey: 'any', baseURL: address });
const langchain = new ChatOpenAI({ model: 'm', apiKey: 'any', configuration: { baseURL: address } });

const cases = [
  ['{"folder":"/data/old', '{}', '{"folder":"/data/old"}'],
  ['{"keep":["a","b', '{"keep":["a"]}', '{"keep":["a","b"]}'],
  ['{"folder":"/data","days":12', '{"folder":"/data"}', '{"folder":"/data","days":12}'],
];
console.log('@anthropic-ai/sdk 1.14.0 and @langchain/openai 1.6.0: arguments of a tool call cut at the token limit');
let changed = false;
for (const [text, first, second] of cases) {
  cut = text;
  const message = await anthropic.messages.stream({ model: 'm', max_tokens: 16, messages: [{ role: 'user', content: 'Clean up' }] }).finalMessage();
  let answer;
  for await (const part of await langchain.stream('Clean up')) answer = answer ? answer.concat(part) : part;
  const inputs = [JSON.stringify(message.content[0]?.input), JSON.stringify(answer.tool_calls[0]?.args)];
  console.log(`written ${text}\n  anthropic ${inputs[0]}\n  langchain ${inputs[1]}, invalid_tool_calls ${answer.invalid_tool_calls.length}`);
  changed ||= inputs[0] !== first || inputs[1] !== second || answer.invalid_tool_calls.length > 0;
}
console.log(changed ? 'The behaviour changed.' : 'As described: no error, and arguments that the model did not finish.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
