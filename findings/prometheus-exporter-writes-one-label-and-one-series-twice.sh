#!/usr/bin/env bash
# OpenTelemetry's Prometheus exporter writes a label twice in one sample, and one series with two values, after it replaced dots by underscores.
#
# Package: npm @opentelemetry/exporter-prometheus@0.301.0 with @opentelemetry/sdk-metrics@2.12.1.
# Behaviour: `gen_ai.request.model` and `gen_ai_request_model` are two attributes, and `llm.cost` and `llm.cost.total` two counters, but they get one
#   name each. OpenTelemetry's specification has the values of such attributes joined by ";", and Prometheus takes no sample with a label twice. The two
#   counters come out as one series with two values, so one is lost in each scrape. Neither is logged.
# Seen on 2026-11-30 with Node 20:
#   llm_tokens_total{gen_ai_request_model="a",gen_ai_request_model="b",otel_scope_name="m"} 7
#   llm_cost_total{otel_scope_name="m"} 0.5 · llm_cost_total{otel_scope_name="m"} 0.25
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps \
  @opentelemetry/exporter-prometheus@0.301.0 @opentelemetry/sdk-metrics@2.12.1 @opentelemetry/api@1.9.0

cat > check.mjs <<'CODE'
import { diag } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

let logged = 0;
const count = () => logged++;
diag.setLogger({ error: count, warn: count, info: () => {}, debug: () => {}, verbose: () => {} });
const exporter = new PrometheusExporter({ preventServerStart: true });
const meter = new MeterProvider({ readers: [exporter] }).getMeter('m');
meter.createCounter('llm.tokens').add(7, { 'gen_ai.request.model': 'a', gen_ai_request_model: 'b' });
meter.createCounter('llm.cost').add(0.5);
meter.createCounter('llm.cost.total').add(0.25);

const text = await new Promise((done) => exporter.getMetricsRequestHandler({}, { setHeader() {}, end: done }));
const samples = text.split('\n').filter((line) => line.startsWith('llm_'));
for (const sample of samples) console.log(sample);
const expected = [
  'llm_tokens_total{gen_ai_request_model="a",gen_ai_request_model="b",otel_scope_name="m"} 7',
  'llm_cost_total{otel_scope_name="m"} 0.5',
  'llm_cost_total{otel_scope_name="m"} 0.25',
];
console.log(`warnings logged: ${logged}`);
const changed = logged !== 0 || samples.map((sample) => sample.trim()).join('\n') !== expected.join('\n');
console.log(changed ? 'The behaviour changed.' : 'As described: names that differ for OpenTelemetry are one for Prometheus.');
process.exit(changed ? 1 : 0);
CODE
node check.mjs
