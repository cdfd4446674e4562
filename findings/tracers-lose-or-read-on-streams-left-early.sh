#!/usr/bin/env bash
# A traced stream that its reader leaves early is either read to its end, or has no span.
#
# Packages: npm @arizeai/openinference-instrumentation-openai@4.2.7, @traceloop/instrumentation-openai@0.27.0, @langfuse/openai@5.11.1 on openai@7.59.0.
# Behaviour: leaving the loop over a stream closes the connection in the plain SDK, so generation stops. OpenInference reads a second copy, so the server
#   sends every chunk, and the span shows text that the program never read. With Traceloop and Langfuse the connection closes, and the call
#   has no span at all, so what was generated and billed up to there is missing. A server's error inside a stream leaves no span in these two either.
# Seen on 2026-11-30 with Node 20, after 1 of 30 chunks:
#   openinference: the server sent all, 1 span · traceloop: the server stopped, 0 spans · langfuse: the server stopped, 0 spans
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps openai@7.59.0 @arizeai/openinference-instrumentation-openai@4.2.7 @traceloop/instrumentation-openai@0.27.0 @langfuse/openai@5.11.1 @langfuse/tracing@5.11.1 @opentelemetry/api@1.10.0 @opentelemetry/instrumentation@0.223.0 @opentelemetry/sdk-trace-base@2.12.1 @opentelemetry/sdk-trace-node@2.12.1

cat > check.mjs <<'CODE'
import { createServer } from 'node:http';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import OpenAI from 'openai';

const [, , tracer] = process.argv;
const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
const chunk = (choices, rest) => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...rest });
const delta = (piece, finish_reason = null) => chunk([{ index: 0, delta: piece, finish_reason }]);
const event = (data) => `data: ${JSON.stringify(data)}\n\n`;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
let outcome;
const server = createServer(async (_, response) => {
  response.on('close', () => (outcome ??= 'the server stopped'));
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let sent = 0; sent < 30 && !outcome; sent++) {
    response.write(event(delta({ content: 'word ' })));
    await pause(40);
  }
  if (!outcome) {
    outcome = 'the server sent all';
    response.end(`${event(delta({}, 'stop'))}data: [DONE]\n\n`);
  }
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
let client = new OpenAI({ apiKey: 'any', baseURL: `http://127.0.0.1:${server.address().port}/v1`, maxRetries: 0 });
if (tracer === 'langfuse') client = (await import('@langfuse/openai')).observeOpenAI(client);
else {
  const { OpenAIInstrumentation } = await import(tracer === 'traceloop' ? '@traceloop/instrumentation-openai' : '@arizeai/openinference-instrumentation-openai');
  const instrumentation = new OpenAIInstrumentation();
  instrumentation.setTracerProvider(provider);
  instrumentation.manuallyInstrument(OpenAI);
}
const messages = [{ role: 'user', content: 'Hello' }];

for await (const _ of await client.chat.completions.create({ model: 'm', messages, stream: true })) break;
for (let waited = 0; waited < 100 && !outcome; waited++) await pause(100);
await pause(500);
console.log(`${outcome}, ${spans.getFinishedSpans().length} span(s)`);
process.exit();
CODE

results=""
for tracer in openinference traceloop langfuse; do
  line=$(node check.mjs "$tracer" 2> warnings.txt) || { cat warnings.txt; exit 1; }
  echo "$tracer: $line"; results+="$line|"
done
if [ "$results" = 'the server sent all, 1 span(s)|the server stopped, 0 span(s)|the server stopped, 0 span(s)|' ]; then echo 'As described: no tracer records what was read.'; else echo 'The behaviour changed.'; exit 1; fi
