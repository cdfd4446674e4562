#!/usr/bin/env bash
# The MCP client refuses a tool's price of 19.99 under multipleOf 0.01, and checks a tool by the schema of another one; its second validator does neither.
#
# Packages: npm @modelcontextprotocol/client@2.4.0 and @modelcontextprotocol/server@2.4.0, with the client's validators for Ajv (the default in Node)
#   and for Workers, over the in-memory transport.
# Behaviour: Ajv divides floats, so 19.99 is no multiple of 0.01 (1.15, 4.35 and 8.2 neither). Two tools whose output schemas have one $id share the schema of
#   the first. nullable is a keyword for Ajv only, and so is the zone that RFC 3339 demands of a time. The platform decides which validator runs,
#   so a tool that works with a client on Workers fails with one in Node.
# Seen on 2026-11-30 with Node 20, Ajv / Workers:
#   price 19.99: refused / accepted · second schema of one $id: refused / accepted · null with nullable: accepted / refused · time 12:00:00: refused / accepted
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/client@2.4.0 @modelcontextprotocol/server@2.4.0

cat > check.mjs <<'CODE'
import { Client, InMemoryTransport } from '@modelcontextprotocol/client';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv';
import { CfWorkerJsonSchemaValidator } from '@modelcontextprotocol/client/validators/cf-worker';
import { Server } from '@modelcontextprotocol/server';

const object = (properties, more = {}) => ({ type: 'object', properties, ...more });
const tools = {
  price: { schema: object({ value: { type: 'number', multipleOf: 0.01 } }), result: { value: 19.99 } },
  first: { schema: object({ value: { type: 'string' } }, { $id: 'https://example.com/result' }), result: { value: 'a' } },
  'second schema of one $id': { schema: object({ value: { type: 'number' } }, { $id: 'https://example.com/result' }), result: { value: 1 } },
  'null with nullable': { schema: object({ value: { type: 'string', nullable: true } }), result: { value: null } },
  'time 12:00:00': { schema: object({ value: { type: 'string', format: 'time' } }), result: { value: '12:00:00' } },
};
async function run(jsonSchemaValidator) {
  const server = new Server({ name: 'server', version: '1' }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', () => ({ tools: Object.entries(tools).map(([name, { schema }]) => ({ name, inputSchema: object({}), outputSchema: schema })) }));
  server.setRequestHandler('tools/call', ({ params }) => ({ content: [], structuredContent: tools[params.name].result }));
  const client = new Client({ name: 'client', version: '1' }, { jsonSchemaValidator });
  const [here, there] = InMemoryTransport.createLinkedPair();
  await server.connect(there);
  await client.connect(here);
  await client.listTools();
  const found = {};
  for (const name of Object.keys(tools)) {
    found[name] = await client.callTool({ name, arguments: {} }).then(() => 'accepted', (error) => (/output schema/.test(error.message) ? 'refused' : error.message));
  }
  await client.close();
  return found;
}
const ajv = await run(new AjvJsonSchemaValidator());
const workers = await run(new CfWorkerJsonSchemaValidator());
const expected = {
  price: 'refused / accepted',
  first: 'accepted / accepted',
  'second schema of one $id': 'refused / accepted',
  'null with nullable': 'accepted / refused',
  'time 12:00:00': 'refused / accepted',
};
let changed = false;
for (const name of Object.keys(tools)) {
  const seen = `${ajv[name]} / ${workers[name]}`;
  console.log(`${name}: ${seen}`);
  changed ||= seen !== expected[name];
}
console.log(changed ? 'The behaviour changed.' : 'As described.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
