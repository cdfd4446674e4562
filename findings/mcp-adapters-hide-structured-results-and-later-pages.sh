#!/usr/bin/env bash
# Two MCP adapters give the model an empty result for a tool that answers with structuredContent alone, and LangChain's lists one page of resources.
#
# Packages: npm @ai-sdk/mcp@2.0.99 with ai@7.0.173, @langchain/mcp-adapters@1.1.4; against a server that speaks the protocol as plain JSON over HTTP.
# Behaviour: a result may have structuredContent; a copy of it as text is only recommended. Without the copy, both adapters keep the value for the
#   program and send the model nothing, with no warning. MultiServerMCPClient.listResources() returns the first page and takes no cursor, so
#   further resources can't be reached, while getTools() follows all pages.
# Seen on 2026-11-30 with Node 20, for {"degrees":21} and for 5 tools and 5 resources in pages of 2:
#   @ai-sdk/mcp: the model reads [] · @langchain/mcp-adapters: the model reads []
#   @langchain/mcp-adapters: 5 tools, 2 resources
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  @ai-sdk/mcp@2.0.99 ai@7.0.173 @langchain/mcp-adapters@1.1.4 @langchain/core@1.4.0 @langchain/langgraph@1.7.3 @modelcontextprotocol/sdk@1.32.2 zod@4.6.7

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { createMCPClient } from '@ai-sdk/mcp';
import { MultiServerMCPClient } from '@langchain/mcp-adapters';

const five = [0, 1, 2, 3, 4];
const tools = five.map((at) => ({ name: `weather_${at}`, description: 'Weather', inputSchema: { type: 'object', properties: {} } }));
const resources = five.map((at) => ({ uri: `note://${at}`, name: `note ${at}` }));
const page = (name, list, cursor) => {
  const at = Number(cursor ?? 0);
  return { [name]: list.slice(at, at + 2), ...(at + 2 < list.length && { nextCursor: String(at + 2) }) };
};
const results = {
  initialize: ({ protocolVersion }) => ({ protocolVersion, capabilities: { tools: {}, resources: {} }, serverInfo: { name: 'weather', version: '1' } }),
  'tools/list': ({ cursor } = {}) => page('tools', tools, cursor),
  'resources/list': ({ cursor } = {}) => page('resources', resources, cursor),
  'tools/call': () => ({ content: [], structuredContent: { degrees: 21 } }),
};
const server = createServer(async (request, response) => {
  if (request.method !== 'POST') return response.writeHead(405).end();
  let body = '';
  for await (const piece of request) body += piece;
  const { id, method, params } = JSON.parse(body);
  if (id === undefined) return response.writeHead(202).end();
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id, result: results[method]?.(params) ?? {} }));
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const url = `http://127.0.0.1:${server.address().port}/mcp`;

const ai = await createMCPClient({ transport: { type: 'http', url } });
const { weather_0: tool } = await ai.tools();
const output = await tool.execute({}, { toolCallId: 'call_1', messages: [] });
const sent = await tool.toModelOutput({ output, toolCallId: 'call_1', input: {} });

const langchain = new MultiServerMCPClient({ mcpServers: { weather: { transport: 'http', url } } });
const listed = await langchain.getTools();
const message = await listed[0].invoke({ type: 'tool_call', id: 'call_1', name: listed[0].name, args: {} });

const seen = [
  `@ai-sdk/mcp: the model reads ${JSON.stringify(sent.value)}`,
  `@langchain/mcp-adapters: the model reads ${JSON.stringify(message.content)}`,
  `@langchain/mcp-adapters: ${listed.length} tools, ${(await langchain.listResources()).weather.length} resources`,
];
const expected = ['@ai-sdk/mcp: the model reads []', '@langchain/mcp-adapters: the model reads []', '@langchain/mcp-adapters: 5 tools, 2 resources'];
for (const line of seen) console.log(line);
const changed = seen.join() !== expected.join();
console.log(changed ? 'The behaviour changed.' : 'As described: the value of the tool is not in the conversation, and resources are missing.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
