#!/usr/bin/env bash
# Bun gives a stand-in of its own for the installed package undici, whose Agent can't dispatch.
#
# Packages: npm @oven/bun-linux-x64@1.4.5 with undici@7.30.2, a plain dispatch() of a GET request to a server on loopback.
# Behaviour: `import { Agent } from 'undici'` doesn't load node_modules/undici. The class has the name and none of its work, and
#   nothing is logged. By the path of its main file the installed package loads.
# Seen on 2026-11-29 (Linux, x64):
#   by name: Agent.dispatch is undefined; by path: hello
set -euo pipefail
[ "$(uname -sm)" = 'Linux x86_64' ] || { echo 'needs Linux on x64'; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @oven/bun-linux-x64@1.4.5 undici@7.30.2

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';

const server = createServer((_, response) => response.end('hello'));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

async function get(undici) {
  if (undici.default?.Agent && !undici.Agent) undici = undici.default;
  const agent = new undici.Agent();
  if (typeof agent.dispatch !== 'function') return `Agent.dispatch is ${typeof agent.dispatch}`;
  const done = new Promise((resolve, reject) => {
    let text = '';
    agent.dispatch({ origin, path: '/', method: 'GET' }, {
      onRequestStart() {}, onResponseStart() {}, onResponseEnd: () => resolve(text),
      onResponseData: (_, bytes) => { text += bytes; }, onResponseError: (_, error) => reject(error),
    });
  });
  const late = new Promise((resolve) => setTimeout(resolve, 3000, 'no answer within 3 s'));
  return Promise.race([done, late]).catch((error) => `${error.name}: ${error.message}`);
}
const byName = await get(await import('undici'));
const byPath = await get(await import('./node_modules/undici/index.js'));
console.log(`by name: ${byName}; by path: ${byPath}`);
server.close();
const asDescribed = byName === 'Agent.dispatch is undefined' && byPath === 'hello';
console.log(asDescribed ? 'As described: a class without a method.' : 'The behaviour changed.');
process.exit(asDescribed ? 0 : 1);
CODE
./node_modules/@oven/bun-linux-x64/bin/bun check.mjs
