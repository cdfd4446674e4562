#!/usr/bin/env bash
# The AWS SDK hands a new kind of block on as $unknown, but drops a new kind of event, and new usage fields, without a trace.
#
# Package: npm @aws-sdk/client-bedrock-runtime@3.1164.0, ConverseStream; events written with @smithy/eventstream-codec@2.2.0.
# Behaviour: an unknown member of a delta arrives as `$unknown` with its name and value. An unknown event of the same stream, and an unknown count
#   in `usage`, are not in the output at all, although both may be billed. A stream that ends between two events, before
#   `messageStop` and `metadata`, ends the loop normally; one byte more and the SDK raises "Truncated event message received.".
# Seen on 2026-11-30 with Node 20:
#   new delta: $unknown · new event: absent · new usage field: absent · end before messageStop: no error · end inside an event: error
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @aws-sdk/client-bedrock-runtime@3.1164.0 @smithy/eventstream-codec@2.2.0 @smithy/node-http-handler@4.14.2

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { BedrockRuntimeClient, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { EventStreamCodec } from '@smithy/eventstream-codec';
import { NodeHttpHandler } from '@smithy/node-http-handler';

const codec = new EventStreamCodec((bytes) => Buffer.from(bytes).toString(), (text) => Buffer.from(text));
const string = (value) => ({ type: 'string', value });
const event = (name, body) =>
  Buffer.from(codec.encode({
    headers: { ':message-type': string('event'), ':event-type': string(name), ':content-type': string('application/json') },
    body: Buffer.from(JSON.stringify(body)),
  }));
let pieces;
const server = createServer(async (request, response) => {
  for await (const _ of request) { /* the request does not matter */ }
  response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' }).end(Buffer.concat(pieces));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const client = new BedrockRuntimeClient({
  region: 'us-east-1',
  endpoint: `http://127.0.0.1:${server.address().port}`,
  credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  requestHandler: new NodeHttpHandler(),
});
async function read(...sent) {
  pieces = sent;
  const { stream } = await client.send(new ConverseStreamCommand({ modelId: 'm', messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }));
  const events = [];
  try {
    for await (const each of stream) events.push(each);
  } catch (error) {
    return { events, error: error.message };
  }
  return { events };
}
const text = event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hi' } });
const block = await read(event('contentBlockDelta', { contentBlockIndex: 0, delta: { sketch: { lines: 3 } } }));
const kind = await read(text, event('sketchDelta', { lines: 3 }));
const usage = await read(event('metadata', { usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3, sketchTokens: 9 }, metrics: { latencyMs: 1 } }));
const early = await read(text);
const cut = await read(text, text.subarray(0, 30));

const unknown = block.events[0].contentBlockDelta.delta.$unknown;
const counts = Object.keys(usage.events[0].metadata.usage);
console.log(`new delta: ${JSON.stringify(unknown)}`);
console.log(`new event: ${kind.events.length} of 2 events arrive, error: ${kind.error}`);
console.log(`new usage field: ${counts.join(', ')}`);
console.log(`end before messageStop: error: ${early.error} · end inside an event: error: ${cut.error}`);
const same = unknown?.[0] === 'sketch' && kind.events.length === 1 && !kind.error && !counts.includes('sketchTokens') && !early.error && cut.error === 'Truncated event message received.';
console.log(same ? 'As described: new events and counts are lost.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs 2> warnings.txt || { cat warnings.txt; exit 1; }
