#!/usr/bin/env bash
# replicate.run() returns the output so far of a prediction that was canceled, as if it were whole.
#
# Package: npm replicate@1.4.0, run(model, { input }), with polling.
# Behaviour: a prediction can be canceled by another program, in the web page, or at its deadline. run() raises an error for `failed` only; for `canceled` it
#   resolves with the pieces that were there, or with null. The result has no status, so a caller can't see the difference.
# Seen on 2026-11-30 with Node 20:
#   succeeded: ["One, ","two, ","three"] · failed: Prediction failed: out of memory · canceled: ["One, "] · canceled before any output: null
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts replicate@1.4.0

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import Replicate from 'replicate';

let end, requests;
const server = createServer((_, response) => {
  const base = `http://127.0.0.1:${server.address().port}`;
  const now = requests++ === 0 ? { status: 'processing', output: null } : end;
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ id: 'p1', error: null, logs: '', urls: { get: `${base}/predictions/p1`, cancel: `${base}/predictions/p1/cancel` }, ...now }));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const replicate = new Replicate({ auth: 'any', baseUrl: `http://127.0.0.1:${server.address().port}`, useFileOutput: false });

const cases = {
  succeeded: [{ status: 'succeeded', output: ['One, ', 'two, ', 'three'] }, '["One, ","two, ","three"]'],
  failed: [{ status: 'failed', output: ['One, '], error: 'out of memory' }, 'Prediction failed: out of memory'],
  canceled: [{ status: 'canceled', output: ['One, '] }, '["One, "]'],
  'canceled before any output': [{ status: 'canceled', output: null }, 'null'],
};
let changed = false;
for (const [name, [prediction, known]] of Object.entries(cases)) {
  end = prediction;
  requests = 0;
  const seen = await replicate.run('owner/model', { input: { prompt: 'Count' }, wait: { mode: 'poll', interval: 10 } }).then(JSON.stringify, (error) => error.message);
  console.log(`${name}: ${seen}`);
  changed ||= seen !== known;
}
console.log(changed ? 'The behaviour changed.' : 'As described: a canceled prediction looks like a finished one.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
