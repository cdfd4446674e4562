#!/usr/bin/env bash
# Five official SDKs read two corners of the event stream format in four ways, some without an error.
#
# Packages: npm openai@7.59.0, groq-sdk@1.6.0, @mistralai/mistralai@2.7.0, cohere-ai@8.1.0, @google/genai@3.3.0.
# Behaviour: (1) JSON laid over two `data:` lines of one event, which the format joins with a line feed, is refused by two.
#   (2) A last event without a blank line behind it is to be discarded by the format. openai delivers it all the same;
#   groq and mistral drop it and cohere drops its message-end, without an error and so without a finish reason; genai throws.
# Seen on 2026-11-29 with Node 20; two data lines / no blank line at the end:
#   openai "ab" stop / "ab" stop · groq "ab" stop / "a" no reason · mistral "ab" stop / "a" no reason
#   cohere SyntaxError / "ab" no reason · genai SyntaxError / Error
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts \
  openai@7.59.0 groq-sdk@1.6.0 @mistralai/mistralai@2.7.0 cohere-ai@8.1.0 @google/genai@3.3.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { GoogleGenAI } from '@google/genai';
import { Mistral } from '@mistralai/mistralai';
import { CohereClientV2 } from 'cohere-ai';
import Groq from 'groq-sdk';
import OpenAI from 'openai';

const chat = (content, finish_reason) => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { content }, finish_reason }] });
const gemini = (text, finishReason) => ({ candidates: [{ content: { role: 'model', parts: [{ text }] }, ...(finishReason && { finishReason }) }] });
const cohere = (text) => ({ type: 'content-delta', index: 0, delta: { message: { content: { text } } } });
const chatEvents = [chat('a', null), chat('b', 'stop')];
const request = { model: 'm', messages: [{ role: 'user', content: 'Hello' }] };
const openaiPart = ({ choices: [choice] }) => [choice.delta.content, choice.finish_reason];
const sdks = {
  openai: [chatEvents, (baseURL) => new OpenAI({ apiKey: 'any', baseURL }).chat.completions.create({ ...request, stream: true }), openaiPart],
  groq: [chatEvents, (baseURL) => new Groq({ apiKey: 'any', baseURL }).chat.completions.create({ ...request, stream: true }), openaiPart],
  mistral: [chatEvents, (serverURL) => new Mistral({ apiKey: 'any', serverURL }).chat.stream(request), ({ data: { choices: [choice] } }) => [choice.delta.content, choice.finishReason]],
  cohere: [[cohere('a'), cohere('b'), { type: 'message-end', delta: { finish_reason: 'COMPLETE' } }], (environment) => new CohereClientV2({ token: 'any', environment }).chatStream(request),
    (part) => [part.delta.message?.content?.text, part.delta.finishReason]],
  genai: [[gemini('a'), gemini('b', 'STOP')], (baseUrl) => new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl } }).models.generateContentStream({ model: 'm', contents: 'Hello' }),
    (part) => [part.text, part.candidates?.[0]?.finishReason]],
};
const line = (event) => `data: ${JSON.stringify(event)}\n\n`;
const forms = {
  'two data lines': (events) => events.map((event) => line(event).replace(',', ',\ndata: ')).join(''),
  'no blank line at the end': (events) => events.map(line).join('').trimEnd(),
};
const expected = {
  'two data lines': { openai: '"ab" stop', groq: '"ab" stop', mistral: '"ab" stop', cohere: 'SyntaxError', genai: 'SyntaxError' },
  'no blank line at the end': { openai: '"ab" stop', groq: '"a" no reason', mistral: '"a" no reason', cohere: '"ab" no reason', genai: 'Error' },
};

let body;
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(body);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
let changed = false;
for (const [form, write] of Object.entries(forms)) {
  console.log(form);
  for (const [name, [events, open, read]] of Object.entries(sdks)) {
    body = write(events);
    let text = '', reason, seen;
    try {
      for await (const part of await open(`http://127.0.0.1:${server.address().port}`)) {
        const [piece, end] = read(part);
        text += piece ?? '';
        reason = end ?? reason;
      }
      seen = `"${text}" ${reason?.toLowerCase() ?? 'no reason'}`;
    } catch (error) {
      seen = error.constructor.name;
    }
    console.log(`  ${name.padEnd(8)} ${seen}`);
    changed ||= seen !== expected[form][name];
  }
}
console.log(changed ? 'The behaviour changed.' : 'As described: one stream, four readings.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
