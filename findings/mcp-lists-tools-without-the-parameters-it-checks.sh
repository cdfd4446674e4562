#!/usr/bin/env bash
# The MCP SDK lists a tool whose input is a union, an intersection, a record or a transform as one without parameters, but checks the input.
#
# Package: npm @modelcontextprotocol/sdk@1.32.2 with zod@4.6.7, McpServer.registerTool.
# Behaviour: inputSchema may be any zod schema. For anything but a plain object, tools/list has {"type":"object","properties":{}} without a
#   warning, so that a model can't know the parameters. The call is still checked against the real schema and refused
#   without them. zod itself has a full JSON Schema for all four (of the input).
# Seen on 2026-11-29 with Node 20:
#   object: lists properties · union, intersection, record, transform: {"type":"object","properties":{}}
#   call with {}: union, intersection and transform refused; zod's own JSON Schema: oneOf, a and b, additionalProperties, a
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2 zod@4.6.7

cat > check.mjs <<'CODE'
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';

const schemas = {
  object: z.object({ a: z.string() }),
  union: z.discriminatedUnion('kind', [z.object({ kind: z.literal('a') }), z.object({ kind: z.literal('b') })]),
  intersection: z.intersection(z.object({ a: z.string() }), z.object({ b: z.string() })),
  record: z.record(z.string(), z.number()),
  transform: z.object({ a: z.string() }).transform(({ a }) => ({ b: a })),
};
const server = new McpServer({ name: 'server', version: '1.0.0' });
for (const [name, inputSchema] of Object.entries(schemas)) {
  server.registerTool(name, { inputSchema }, async () => ({ content: [{ type: 'text', text: 'done' }] }));
}
const [near, far] = InMemoryTransport.createLinkedPair();
const client = new Client({ name: 'client', version: '1.0.0' });
await server.connect(near);
await client.connect(far);

const empty = '{"type":"object","properties":{}}';
console.log('@modelcontextprotocol/sdk 1.32.2: listed schema, call with {}, keys of zod\'s JSON Schema');
let changed = false;
for (const { name, inputSchema } of (await client.listTools()).tools) {
  const refused = (await client.callTool({ name, arguments: {} })).isError === true;
  const { $schema, ...own } = z.toJSONSchema(schemas[name], { io: 'input' });
  console.log(`${name.padEnd(12)} ${JSON.stringify(inputSchema)} · ${refused ? 'refused' : 'accepted'} · ${Object.keys(own)}`);
  changed ||= (JSON.stringify(inputSchema) === empty) !== (name !== 'object') || refused !== (name !== 'record') || Object.keys(own).length < 2 && name !== 'union';
}
console.log(changed ? 'The behaviour changed.' : 'As described: the parameters are checked but not listed.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
