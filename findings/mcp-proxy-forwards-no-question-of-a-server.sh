#!/usr/bin/env bash
# Behind mcp-proxy a tool can ask neither its user, nor the client's model, nor for roots, though the client and the server have all three.
#
# Package: npm mcp-proxy@6.7.19 (proxyServer) with @modelcontextprotocol/client@2.4.0 and @modelcontextprotocol/server@2.4.0, in memory.
# Behaviour: calls, progress, logs and list changes pass in both directions. Requests of the server do not: elicitation, sampling and roots are answered
#   by the proxy's own client, with an error, also if that client was made with these capabilities. The client sees a tool that failed, and no question.
# Seen on 2026-11-30 with Node 20, directly / through the proxy:
#   elicitation: Ann / error · sampling: Hi / error · roots: file:///work / error · progress: 1 / 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts mcp-proxy@6.7.19 @modelcontextprotocol/client@2.4.0 @modelcontextprotocol/server@2.4.0 zod@4.4.3

cat > check.mjs <<'CODE'
import { Client, InMemoryTransport } from '@modelcontextprotocol/client';
import { McpServer, Server } from '@modelcontextprotocol/server';
import { proxyServer } from 'mcp-proxy';
import { z } from 'zod';

const capabilities = { elicitation: { form: {} }, sampling: {}, roots: {} };
const text = (value) => ({ content: [{ type: 'text', text: value }] });
function tools() {
  const server = new McpServer({ name: 'tools', version: '1' });
  const ask = (name, run) => server.registerTool(name, { inputSchema: z.object({}) }, async () => run().then(text, () => text('error')));
  ask('elicitation', async () => (await server.server.elicitInput({ message: 'Your name?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } } } })).content.name);
  ask('sampling', async () => (await server.server.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: 'Hello' } }], maxTokens: 10 })).content.text);
  ask('roots', async () => (await server.server.listRoots()).roots[0].uri);
  server.registerTool('progress', { inputSchema: z.object({}) }, async (_, { mcpReq }) => {
    await mcpReq.notify({ method: 'notifications/progress', params: { progressToken: mcpReq._meta.progressToken, progress: 1, total: 1 } });
    return text('done');
  });
  return server.server;
}
async function connect(client, server) {
  const [here, there] = InMemoryTransport.createLinkedPair();
  await server.connect(there);
  await client.connect(here);
}
async function run(server) {
  const client = new Client({ name: 'client', version: '1' }, { capabilities });
  client.setRequestHandler('elicitation/create', async () => ({ action: 'accept', content: { name: 'Ann' } }));
  client.setRequestHandler('sampling/createMessage', async () => ({ role: 'assistant', model: 'm', content: { type: 'text', text: 'Hi' } }));
  client.setRequestHandler('roots/list', async () => ({ roots: [{ uri: 'file:///work' }] }));
  await connect(client, server);
  const found = {};
  for (const name of ['elicitation', 'sampling', 'roots']) found[name] = (await client.callTool({ name, arguments: {} })).content[0].text;
  let count = 0;
  await client.callTool({ name: 'progress', arguments: {} }, { onprogress: () => count++ });
  return { ...found, progress: String(count) };
}
const inner = new Client({ name: 'proxy', version: '1' }, { capabilities });
await connect(inner, tools());
const serverCapabilities = inner.getServerCapabilities();
const outer = new Server({ name: 'proxy', version: '1' }, { capabilities: serverCapabilities });
await proxyServer({ server: outer, client: inner, serverCapabilities });

const direct = await run(tools());
const proxied = await run(outer);
const seen = Object.keys(direct).map((name) => `${name}: ${direct[name]} / ${proxied[name]}`).join(' · ');
console.log(seen);
const same = seen === 'elicitation: Ann / error · sampling: Hi / error · roots: file:///work / error · progress: 1 / 1';
console.log(same ? 'As described.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
