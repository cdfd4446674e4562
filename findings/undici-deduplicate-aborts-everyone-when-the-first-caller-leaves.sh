#!/usr/bin/env bash
# undici's deduplicate interceptor aborts the requests of all callers when the one that came first is cancelled.
#
# Package: npm undici@7.30.2, interceptors.deduplicate().
# Behaviour: equal requests in flight share one connection. It belongs to the caller that came first: its signal, or the end of its interest in the
#   body, ends the request of callers that nobody cancelled, with an AbortError that they didn't cause. A later caller may leave without
#   harm, so it depends on the order. A short timeout of one caller becomes the timeout of all.
# Seen on 2026-11-30 with Node 20, two equal GETs:
#   the first is aborted: first AbortError, second AbortError · the second is aborted: first "0 1 2 3", second AbortError
#   the first closes its body: second AbortError
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts undici@7.30.2

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { Agent, interceptors, request } from 'undici';

const server = createServer((_, response) => {
  response.writeHead(200);
  let at = 0;
  const timer = setInterval(() => {
    response.write(`${at++} `);
    if (at === 4) response.end();
  }, 50);
  response.on('close', () => clearInterval(timer));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const url = `http://127.0.0.1:${server.address().port}/`;

// Two callers with one dispatcher; the one named by `leaver` leaves after the first bytes.
async function two(leaver, leave) {
  const dispatcher = new Agent().compose(interceptors.deduplicate());
  const outcomes = await Promise.all(
    [0, 1].map(async (caller) => {
      const controller = new AbortController();
      try {
        const { body } = await request(url, { dispatcher, signal: controller.signal });
        if (caller === leaver && leave === 'close') {
          body.on('error', () => {});
          body.destroy();
          return 'closed';
        }
        if (caller === leaver) setTimeout(() => controller.abort(), 60);
        return JSON.stringify((await body.text()).trim());
      } catch (error) {
        return error.name;
      }
    }),
  );
  return `first ${outcomes[0]}, second ${outcomes[1]}`;
}
const seen = {
  'the first is aborted': await two(0, 'abort'),
  'the second is aborted': await two(1, 'abort'),
  'the first closes its body': await two(0, 'close'),
};
const expected = {
  'the first is aborted': 'first AbortError, second AbortError',
  'the second is aborted': 'first "0 1 2 3", second AbortError',
  'the first closes its body': 'first closed, second AbortError',
};
let changed = false;
for (const [name, line] of Object.entries(seen)) {
  console.log(`${name}: ${line}`);
  changed ||= line !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described: one caller ends the request of another.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
