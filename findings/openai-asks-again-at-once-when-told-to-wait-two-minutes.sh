#!/usr/bin/env bash
# openai 7 repeats a request after half a second when the server says to wait longer than a minute.
#
# Packages: npm openai@7.59.0, beside @anthropic-ai/sdk@1.14.0 and groq-sdk@1.6.0, clients of the same design.
# Behaviour: openai follows `Retry-After: 1`, but takes 61 and above for no advice and uses its own short pause. So the
#   longer the wait asked for, the sooner it comes back. The other two sleep as long as told.
# Seen on 2026-11-29 with Node 20; pause before the second request:
#   Retry-After: 1      openai 1.0 s · anthropic 1.0 s · groq 1.0 s
#   Retry-After: 120    openai 0.4 s · anthropic still waiting after 3 s · groq still waiting after 3 s
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts openai@7.59.0 @anthropic-ai/sdk@1.14.0 groq-sdk@1.6.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import Anthropic from '@anthropic-ai/sdk';
import Groq from 'groq-sdk';
import OpenAI from 'openai';

const request = { model: 'm', max_tokens: 5, messages: [{ role: 'user', content: 'Hello' }] };
const clients = {
  openai: (baseURL) => new OpenAI({ apiKey: 'any', baseURL, maxRetries: 1 }).chat.completions.create(request),
  anthropic: (baseURL) => new Anthropic({ apiKey: 'any', baseURL, maxRetries: 1 }).messages.create(request),
  groq: (baseURL) => new Groq({ apiKey: 'any', baseURL, maxRetries: 1 }).chat.completions.create(request),
};

// The pause between the first two requests, or undefined if the second has not come within three seconds
async function pause(call, seconds) {
  const times = [];
  const server = createServer((_, response) => {
    times.push(Date.now());
    const limited = times.length === 1;
    response.writeHead(limited ? 429 : 200, { 'content-type': 'application/json', ...(limited && { 'retry-after': seconds }) });
    response.end('{}');
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  call(`http://127.0.0.1:${server.address().port}`).catch(() => {});
  await new Promise((done) => setTimeout(done, 3000));
  server.closeAllConnections();
  server.close();
  return times.length > 1 ? times[1] - times[0] : undefined;
}

console.log('openai 7.59.0, @anthropic-ai/sdk 1.14.0, groq-sdk 1.6.0: pause after a 429');
const seen = {};
for (const seconds of ['1', '120']) {
  for (const [name, call] of Object.entries(clients)) {
    const wait = await pause(call, seconds);
    seen[name + seconds] = wait;
    console.log(`Retry-After: ${seconds.padEnd(4)} ${name.padEnd(10)} ${wait === undefined ? 'still waiting after 3 s' : `${(wait / 1000).toFixed(1)} s`}`);
  }
}
const same = seen.openai1 >= 900 && seen.openai120 < 3000 && seen.anthropic120 === undefined && seen.groq120 === undefined;
console.log(same ? 'As described: openai does not wait when told to wait long.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
