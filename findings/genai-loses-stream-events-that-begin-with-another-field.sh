#!/usr/bin/env bash
# @google/genai silently skips a server-sent event whose first line is a comment, `event:` or `id:`.
#
# Package: npm @google/genai@3.3.0, models.generateContentStream.
# Behaviour: an event is read only if its first line starts with `data:`. The event stream format lets other lines
#   come first; proxies and gateways add such lines. That event's text is gone, and the stream ends without an error.
# Seen on 2026-11-29 with Node 20:
#   plain: "Good morning, all." · comment: "morning, all." · event: "morning, all." · id: "morning, all."
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @google/genai@3.3.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { GoogleGenAI } from '@google/genai';

const event = (text, rest = {}) =>
  `data: ${JSON.stringify({ candidates: [{ content: { role: 'model', parts: [{ text }] }, ...rest }] })}\n\n`;

async function textWhenFirstEventBeginsWith(line) {
  const server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(line + event('Good ') + event('morning, all.', { finishReason: 'STOP' }));
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const baseUrl = `http://127.0.0.1:${server.address().port}`;
  const client = new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl } });
  let text = '';
  for await (const chunk of await client.models.generateContentStream({ model: 'gemini-test', contents: 'Hello' })) {
    text += chunk.text ?? '';
  }
  server.closeAllConnections();
  server.close();
  return text;
}

const expected = { '': 'Good morning, all.', ': keep-alive\n': 'morning, all.', 'event: message\n': 'morning, all.', 'id: 1\n': 'morning, all.' };
console.log('@google/genai 3.3.0: the same two events, with one more line at the head of the first');
let changed = false;
for (const [line, known] of Object.entries(expected)) {
  const text = await textWhenFirstEventBeginsWith(line);
  console.log(`${(line.trim() || 'plain').padEnd(16)} text: ${JSON.stringify(text)}`);
  changed ||= text !== known;
}
console.log(changed ? 'The behaviour changed.' : 'As described: the text of such an event is lost without an error.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
