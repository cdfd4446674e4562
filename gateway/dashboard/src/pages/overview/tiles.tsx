import { SimpleGrid, Skeleton, Text } from '@mantine/core'
import type { Figures, Latency } from '../../api/series.ts'
import type { Formats } from '../../i18n/formats.ts'
import { type Translate, useTexts } from '../../i18n/i18n.tsx'
import { type Measure, measures } from './search.ts'
import { measured } from './summary.ts'

/** A value of a measure in words. */
export function shownValue(format: Formats, measure: Measure, value: number | undefined): string {
  if (value === undefined) return '–'
  if (measure === 'spend') return format.money(value)
  if (measure === 'latency' || measure === 'ttft') return format.duration(value)
  return measure === 'tokens' ? format.compact(value) : format.number(value)
}

interface TilesProps {
  readonly total: Figures | undefined
  readonly percentiles: Latency | undefined
  readonly measure: Measure
  readonly onPick: (measure: Measure) => void
}

/** The totals of the range. A tile chooses the measure of the chart. */
export function Tiles({ total, percentiles, measure, onPick }: TilesProps) {
  const { t, format } = useTexts()
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="sm" role="group" aria-label={t('overview.tiles')}>
      {measures.map((name) => (
        <button
          key={name}
          type="button"
          className="card tile"
          aria-pressed={name === measure}
          onClick={() => onPick(name)}
        >
          <Text size="xs" c="dimmed">
            {t(`measure.${name}`)}
          </Text>
          {total ? (
            <Text className="numbers" fz={22} fw={600} lh={1.3}>
              {shownValue(format, name, measured(total, name))}
            </Text>
          ) : (
            <Skeleton h={22} my={4} w="60%" />
          )}
          <Text size="xs" c="dimmed" mih={17}>
            {total && noteOf(name, total, percentiles, t, format)}
          </Text>
        </button>
      ))}
    </SimpleGrid>
  )
}

function noteOf(
  name: Measure,
  total: Figures,
  percentiles: Latency | undefined,
  t: Translate,
  format: Formats,
): string | undefined {
  switch (name) {
    case 'spend':
      if (total.unknown_costs > 0) return t('overview.unknownCosts', { count: total.unknown_costs })
      return total.calls > 0 ? t('overview.perCall', { amount: format.money(total.spend / total.calls) }) : undefined
    case 'calls':
      return total.cache_hits > 0 ? t('overview.cached', { count: total.cache_hits }) : undefined
    case 'tokens':
      return t('overview.inOut', {
        input: format.compact(total.input_tokens),
        output: format.compact(total.output_tokens),
      })
    case 'errors':
      return total.calls > 0
        ? t('overview.ofCalls', { share: format.percent(total.failures / total.calls) })
        : undefined
    case 'latency':
    case 'ttft': {
      const found = name === 'latency' ? percentiles?.duration_ms : percentiles?.first_token_ms
      return found ? t('overview.percentiles', { most: format.duration(found.p95) }) : t('overview.mean')
    }
  }
}
