#!/usr/bin/env bash
# finalResponse() of openai 7 resolves for a failed answer and for a stream that was cut off; the chat helper throws.
#
# Package: npm openai@7.59.0, responses.stream().finalResponse() and chat.completions.stream().finalChatCompletion().
# Behaviour: after `response.failed` the promise resolves with status "failed" and no text, though deltas came. If the connection
#   just ends after some text, it resolves with status "in_progress" and that text. The chat helper of the same package
#   throws on a stream without an end. So code that doesn't look at `status` takes half an answer for a whole one.
# Seen on 2026-11-29 with Node 20:
#   completed: completed "Good day." · failed: failed "" · cut off: in_progress "Good " · chat cut off: OpenAIError
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts openai@7.59.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import OpenAI from 'openai';

const event = (type, rest) => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
const response = (status, output = [], rest = {}) => ({ response: { id: 'resp_1', object: 'response', created_at: 1, model: 'm', status, output, error: null, incomplete_details: null, ...rest } });
const message = (status, content) => ({ id: 'msg_1', type: 'message', role: 'assistant', status, content });
const part = (text) => ({ type: 'output_text', text, annotations: [] });
const begun = [
  event('response.created', response('in_progress')),
  event('response.output_item.added', { output_index: 0, item: message('in_progress', []) }),
  event('response.content_part.added', { item_id: 'msg_1', output_index: 0, content_index: 0, part: part('') }),
  event('response.output_text.delta', { item_id: 'msg_1', output_index: 0, content_index: 0, delta: 'Good ' }),
];
const streams = {
  completed: [...begun, event('response.completed', response('completed', [message('completed', [part('Good day.')])]))],
  failed: [...begun, event('response.failed', response('failed', [], { error: { code: 'server_error', message: 'Try again later' } }))],
  'cut off': begun,
};
const chat = `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { role: 'assistant', content: 'Good ' }, finish_reason: null }] })}\n\n`;

let body;
const server = createServer((_, answer) => {
  answer.writeHead(200, { 'content-type': 'text/event-stream' });
  answer.end(body);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const client = new OpenAI({ apiKey: 'any', baseURL: `http://127.0.0.1:${server.address().port}`, maxRetries: 0 });
const seen = [];
const record = async (name, call) => {
  seen.push(await call().catch((error) => error.constructor.name));
  console.log(`${name.padEnd(13)} ${seen.at(-1)}`);
};

console.log('openai 7.59.0: what the final promise gives');
for (const [name, events] of Object.entries(streams)) {
  body = events.join('');
  await record(name, async () => {
    const final = await client.responses.stream({ model: 'm', input: 'Hello' }).finalResponse();
    return `${final.status} ${JSON.stringify(final.output_text)}`;
  });
}
body = chat;
await record('chat cut off', async () => (await client.chat.completions.stream({ model: 'm', messages: [{ role: 'user', content: 'Hello' }] }).finalChatCompletion()).choices[0].message.content);
const same = seen.join(' · ') === 'completed "Good day." · failed "" · in_progress "Good " · OpenAIError';
console.log(same ? 'As described: no error for a failed or unfinished response.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
