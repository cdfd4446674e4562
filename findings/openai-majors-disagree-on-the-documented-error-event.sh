#!/usr/bin/env bash
# The documented `error` event of a Responses stream is data for openai 6, an exception for openai 7, and data again without its `event:` line.
#
# Package: npm openai@6.49.0 and openai@7.59.0, responses.create({ stream: true }).
# Behaviour: the types of both have ResponseErrorEvent with `code`, `message` and `param` beside `type`. For that event a loop over the
#   stream of openai 6 gets an ordinary event and ends without an exception; openai 7 throws, but only if the event has its `event: error` line.
#   Both throw if the error is nested in a field `error`, which the types do not have. So a server has to send both forms.
# Seen on 2026-11-29 with Node 20 (flat named / flat unnamed / nested named / nested unnamed):
#   6.49.0: event, event, throws, throws · 7.59.0: throws, event, throws, throws
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts six@npm:openai@6.49.0 seven@npm:openai@7.59.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import Six from 'six';
import Seven from 'seven';

const response = { id: 'resp_1', object: 'response', created_at: 1, model: 'm', status: 'in_progress', output: [] };
const fields = { code: 'server_error', message: 'Try again later', param: null };
const forms = {
  flat: { type: 'error', sequence_number: 1, ...fields },
  nested: { type: 'error', sequence_number: 1, error: { type: 'server_error', ...fields } },
};

let body;
const server = createServer((_, answer) => {
  answer.writeHead(200, { 'content-type': 'text/event-stream' });
  answer.end(body);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));

const seen = [];
for (const [version, Client] of [['6.49.0', Six], ['7.59.0', Seven]]) {
  const client = new Client({ apiKey: 'any', baseURL: `http://127.0.0.1:${server.address().port}`, maxRetries: 0 });
  for (const [form, error] of Object.entries(forms)) {
    for (const named of [true, false]) {
      const event = (data) => `${named ? `event: ${data.type}\n` : ''}data: ${JSON.stringify(data)}\n\n`;
      body = event({ type: 'response.created', sequence_number: 0, response }) + event(error);
      let result = 'no event';
      try {
        for await (const { type } of await client.responses.create({ model: 'm', input: 'Hello', stream: true })) {
          if (type === 'error') result = 'event';
        }
      } catch {
        result = 'throws';
      }
      seen.push(result);
      console.log(`openai ${version}  ${form.padEnd(6)} ${named ? 'named  ' : 'unnamed'}  ${result}`);
    }
  }
}
server.close();
const same = seen.join(' ') === 'event event throws throws throws event throws throws';
console.log(same ? 'As described: the majors disagree on the documented form.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
