#!/usr/bin/env bash
# ax reports an error inside a stream as "Cannot read properties of undefined", takes a cut stream for a whole answer, and its prompt tokens are without the cached ones.
#
# Package: npm @ax-llm/ax@24.0.21, ai({ name: 'openai' }).chat() with stream: true, at a server of one's own.
# Behaviour: every event is read as a chunk with choices, so the error of the server ends in a TypeError without its message, kind or status. A stream
#   that ends without a finish reason ends normally. promptTokens is prompt_tokens less the cached ones, while totalTokens has them: the parts are less than
#   the total, and a price per prompt token leaves the cached ones out. content_filter is the finish reason error.
# Seen on 2026-11-30 with Node 20:
#   error: TypeError: Cannot read properties of undefined (reading 'map') · cut: "Hel", no error · usage of 100 + 20 with 80 cached: 20 + 20 of 120
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @ax-llm/ax@24.0.21

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { ai } from '@ax-llm/ax';

const event = (data) => `data: ${JSON.stringify(data)}\n\n`;
const chunk = (choices, rest = {}) => event({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'gpt-4o', choices, ...rest });
const start = chunk([{ index: 0, delta: { role: 'assistant', content: 'Hel' }, finish_reason: null }]);
const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120, prompt_tokens_details: { cached_tokens: 80 } };
const streams = {
  error: start + event({ error: { message: 'The model is overloaded.', type: 'server_error', code: 503 } }),
  cut: start,
  whole: `${start}${chunk([{ index: 0, delta: { content: 'lo' }, finish_reason: 'stop' }])}${chunk([], { usage })}data: [DONE]\n\n`,
};
let body;
const server = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(body);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const llm = ai({ name: 'openai', apiKey: 'any', apiURL: `http://127.0.0.1:${server.address().port}/v1`, config: { model: 'gpt-4o' } });

async function run() {
  let text = '';
  let tokens;
  try {
    const reader = (await llm.chat({ chatPrompt: [{ role: 'user', content: 'Hello' }] }, { stream: true })).getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      for (const { content } of piece.value.results) text += content ?? '';
      tokens = piece.value.modelUsage?.tokens ?? tokens;
    }
  } catch (error) {
    return `${error.constructor.name}: ${error.message}`;
  }
  return tokens ? `${tokens.promptTokens} + ${tokens.completionTokens} of ${tokens.totalTokens}` : `${JSON.stringify(text)}, no error`;
}
const expected = {
  error: "TypeError: Cannot read properties of undefined (reading 'map')",
  cut: '"Hel", no error',
  whole: '20 + 20 of 120',
};
let changed = false;
for (const [name, bytes] of Object.entries(streams)) {
  body = bytes;
  const seen = await run();
  console.log(`${name}: ${seen}`);
  changed ||= seen !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
