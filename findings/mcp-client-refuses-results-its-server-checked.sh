#!/usr/bin/env bash
# The MCP SDK's server accepts a tool's structured content that the same SDK's client then refuses.
#
# Package: npm @modelcontextprotocol/sdk@1.32.2 with zod@4.6.7, McpServer and Client.
# Behaviour: the server checks structuredContent with zod, which fills in defaults and drops unknown keys, but sends the tool's own object. The
#   listed JSON Schema is of zod's output: a key with a default is required, more keys are forbidden. The client checks with that schema and
#   raises -32602. It does so only after listTools(): a client that hasn't listed the tools takes the same result.
# Seen on 2026-11-29 with Node 20:
#   default left out: before listTools() accepted, after it -32602 · a key more: accepted, -32602 · exact: accepted, accepted
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

const server = new McpServer({ name: 'server', version: '1.0.0' });
const tools = {
  'default-left-out': [{ count: z.number(), unit: z.string().default('token') }, { count: 1 }],
  'a-key-more': [{ count: z.number() }, { count: 1, note: 'extra' }],
  exact: [{ count: z.number() }, { count: 1 }],
};
for (const [name, [outputSchema, structuredContent]] of Object.entries(tools)) {
  server.registerTool(name, { outputSchema }, async () => ({ content: [], structuredContent }));
}
const [near, far] = InMemoryTransport.createLinkedPair();
const client = new Client({ name: 'client', version: '1.0.0' });
await server.connect(near);
await client.connect(far);

const call = (name) => client.callTool({ name }).then((result) => (result.isError ? 'refused by the server' : 'accepted'), (error) => error.code);
const before = {};
for (const name of Object.keys(tools)) before[name] = await call(name);
await client.listTools();
console.log('@modelcontextprotocol/sdk 1.32.2: a call before listTools(), after it');
let changed = false;
for (const name of Object.keys(tools)) {
  const after = await call(name);
  console.log(`${name.padEnd(16)} ${before[name]}, ${after}`);
  changed ||= before[name] !== 'accepted' || after !== (name === 'exact' ? 'accepted' : -32602);
}
console.log(changed ? 'The behaviour changed.' : 'As described: what the server accepts, its client refuses.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
