import { expect, it } from 'vitest'
import { Counter, Histogram, writeMetrics } from '../../src/metrics/registry.js'

it('writes counters and histograms in the text format of Prometheus', () => {
  const calls = new Counter('calls_total', 'Calls.', ['model'])
  const seconds = new Histogram('seconds', 'Duration.', ['model'])
  calls.add({ model: 'a"b\\c\nd' })
  calls.add({ model: 'x' }, 2.5)
  seconds.observe({ model: 'x' }, 0.3)
  seconds.observe({ model: 'x' }, 1000)
  const lines = writeMetrics([calls.dump(), seconds.dump()]).split('\n')
  expect(lines).toContain('# TYPE calls_total counter')
  expect(lines).toContain('calls_total{model="a\\"b\\\\c\\nd"} 1')
  expect(lines).toContain('calls_total{model="x"} 2.5')
  expect(lines).toContain('seconds_bucket{model="x",le="0.25"} 0')
  expect(lines).toContain('seconds_bucket{model="x",le="0.5"} 1')
  expect(lines).toContain('seconds_bucket{model="x",le="+Inf"} 2')
  expect(lines).toContain('seconds_count{model="x"} 2')
})

it('exists before its first value', () => {
  expect(writeMetrics([new Counter('calls_total', 'Calls.', ['model']).dump()])).toContain('calls_total{model=""} 0')
})

it('bounds the number of series', () => {
  const calls = new Counter('calls_total', 'Calls.', ['model'])
  for (let index = 0; index < 3_000; index++) calls.add({ model: `made-up-${index}` })
  const text = writeMetrics([calls.dump()])
  expect(text.split('\n').length).toBeLessThan(2_010)
  expect(text).toContain('calls_total{model="other"} 1000')
})
