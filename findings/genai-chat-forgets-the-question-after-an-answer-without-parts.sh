#!/usr/bin/env bash
# A chat of @google/genai sends the next request without the user's earlier message if the answer had no parts.
#
# Package: npm @google/genai@3.3.0, chats.create and sendMessage.
# Behaviour: a thinking model that spends its whole token limit on thoughts answers with a content without parts and the
#   reason MAX_TOKENS. sendMessage resolves as ever. The next request then leaves out not only that empty answer but
#   also the message it answered, so "go on" reaches the model alone. getHistory() still shows both turns.
# Seen on 2026-11-29 with Node 20:
#   second request: go on · getHistory(): user, model, user, model · getHistory(true): nothing
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @google/genai@3.3.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { GoogleGenAI } from '@google/genai';

const sent = [];
const server = createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  sent.push(JSON.parse(body).contents.map((turn) => turn.parts[0].text));
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({
    candidates: [{ content: { role: 'model' }, finishReason: 'MAX_TOKENS', index: 0 }],
    usageMetadata: { promptTokenCount: 8, thoughtsTokenCount: 64, totalTokenCount: 72 },
  }));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const client = new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: `http://127.0.0.1:${server.address().port}` } });
const chat = client.chats.create({ model: 'gemini-test', config: { maxOutputTokens: 64 } });
await chat.sendMessage({ message: 'List the moons of Mars' });
await chat.sendMessage({ message: 'go on' });

const all = chat.getHistory().map((turn) => turn.role).join(', ');
const curated = chat.getHistory(true).length;
console.log(`@google/genai 3.3.0\nsecond request: ${sent[1].join(' | ')}\ngetHistory():   ${all}\ngetHistory(true): ${curated} turns`);
const same = sent[1].join() === 'go on' && all === 'user, model, user, model' && curated === 0;
console.log(same ? 'As described: the question is no longer sent.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
