#!/usr/bin/env bash
# parse-prometheus-text-format reads the histograms of two models as one: the later one's buckets, without labels, sum and count.
#
# Package: npm parse-prometheus-text-format@1.1.1, on text that prom-client@15.1.3 writes.
# Behaviour: samples of a histogram or a summary are one entry with `buckets` or `quantiles`. Labels are dropped, entries of other labels are replaced,
#   and so are _sum and _count. Counters with the same labels stay apart. A histogram without labels has sum and count.
# Seen on 2026-11-30 with Node 20:
#   histogram of two models: [{"buckets":{"1":"10","+Inf":"10"}}] · counter of two models: 2 entries
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --prefix . --silent --no-audit --no-fund --ignore-scripts parse-prometheus-text-format@1.1.1 prom-client@15.1.3

cat > check.mjs <<'CODE'
import parse from 'parse-prometheus-text-format';
import { Counter, Histogram, Registry } from 'prom-client';

const register = new Registry();
const seconds = new Histogram({ name: 'llm_seconds', help: 'Latency.', labelNames: ['model'], buckets: [1], registers: [register] });
const calls = new Counter({ name: 'llm_calls_total', help: 'Calls.', labelNames: ['model'], registers: [register] });
const plain = new Histogram({ name: 'plain_seconds', help: 'Latency.', buckets: [1], registers: [register] });
for (const [model, count] of [['gpt-5', 2], ['claude', 10]]) {
  for (let at = 0; at < count; at++) {
    seconds.observe({ model }, 0.5);
    calls.inc({ model });
    plain.observe(0.5);
  }
}
const families = parse(await register.metrics());
const metricsOf = (name) => families.find((family) => family.name === name).metrics;
const histogram = JSON.stringify(metricsOf('llm_seconds'));
const counter = metricsOf('llm_calls_total').length;
const alone = JSON.stringify(metricsOf('plain_seconds'));
console.log(`histogram of two models: ${histogram} · counter of two models: ${counter} entries · histogram without labels: ${alone}`);
const same = histogram === '[{"buckets":{"1":"10","+Inf":"10"}}]' && counter === 2 && alone.includes('"sum"');
console.log(same ? 'As described: the calls of gpt-5 are gone.' : 'The behaviour changed.');
process.exit(same ? 0 : 1);
CODE
node check.mjs
