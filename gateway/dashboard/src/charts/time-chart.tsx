import '@mantine/charts/styles.css'
import { BarChart, LineChart } from '@mantine/charts'
import { Box } from '@mantine/core'
import { type KeyboardEvent, useRef } from 'react'
import type { ChartRow } from '../pages/overview/summary.ts'
import { seriesColors } from '../theme.ts'
import { ticksUpTo } from './ticks.ts'

export interface TimeChartProps {
  /** A description of the chart for screen readers. */
  readonly label: string
  /** For screen readers: its keys. */
  readonly hint: string
  readonly rows: readonly ChartRow[]
  readonly lines: readonly { readonly id: string; readonly label: string }[]
  readonly kind: 'bars' | 'lines'
  readonly formatTime: (at: number) => string
  readonly formatValue: (value: number) => string
  readonly formatAxis: (value: number) => string
  /** A step was chosen, and the bar in it. */
  readonly onPick?: (at: number, id?: string) => void
}

/** The largest value of a line, or the highest bar. */
function largest(rows: readonly ChartRow[], lines: TimeChartProps['lines'], stacked: boolean): number {
  let most = 0
  for (const row of rows) {
    const values = lines.map(({ id }) => row[id] ?? 0)
    const height = stacked ? values.reduce((sum, value) => sum + value, 0) : Math.max(0, ...values)
    most = Math.max(most, height)
  }
  return most
}

/** A measure over time, as stacked bars or as lines. Arrow keys go from step to step, and Enter chooses one. */
export default function TimeChart(props: TimeChartProps) {
  const { label, hint, rows, lines, kind, formatTime, formatValue, formatAxis, onPick } = props
  /** The step of the tooltip. */
  const shown = useRef<number>(undefined)
  const isPicked = useRef(false)
  const ticks = ticksUpTo(largest(rows, lines, kind === 'bars'))
  const common = {
    h: 260,
    data: rows as unknown as Record<string, unknown>[],
    dataKey: 'at',
    series: lines.map(({ id, label: text }, index) => ({
      name: id,
      label: text,
      color: id === 'others' ? '#8b92a0' : (seriesColors[index % seriesColors.length] as string),
    })),
    xAxisProps: { tickFormatter: formatTime, minTickGap: 40 },
    yAxisProps: { tickFormatter: formatAxis, width: 66, ticks, domain: [0, ticks.at(-1) ?? 0] },
    valueFormatter: formatValue,
    tooltipAnimationDuration: 0,
    tooltipProps: {
      labelFormatter: (at: unknown) => {
        if (!Number.isFinite(Number(at))) return ''
        shown.current = Number(at)
        return formatTime(Number(at))
      },
    },
    gridAxis: 'x' as const,
    tickLine: 'none' as const,
    strokeDasharray: '2 4',
  }
  const pick = {
    style: onPick ? { cursor: 'pointer' } : undefined,
    title: label,
    desc: hint,
    onClick: (state: { activeLabel?: string | number | undefined }) => {
      const { activeLabel } = state
      // a click on a bar arrives here as well, before or after the bar has it
      setTimeout(() => {
        if (activeLabel !== undefined && !isPicked.current) onPick?.(Number(activeLabel))
        isPicked.current = false
      })
    },
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && shown.current !== undefined) onPick?.(shown.current)
  }
  return (
    <Box component="figure" m={0} aria-label={label} onKeyDown={onKeyDown}>
      {kind === 'bars' ? (
        <BarChart
          {...common}
          type="stacked"
          barChartProps={pick as object}
          barProps={({ name }) => ({
            isAnimationActive: false,
            maxBarSize: 36,
            // its own data: a tap has no active step yet
            onClick: ({ payload }: { readonly payload?: { readonly at?: number } }) => {
              if (payload?.at === undefined) return
              isPicked.current = true
              onPick?.(payload.at, name)
            },
          })}
          withBarValueLabel={false}
        />
      ) : (
        <LineChart
          {...common}
          curveType="monotone"
          withDots={rows.length < 40}
          dotProps={{ r: 2.5 }}
          strokeWidth={2}
          connectNulls
          lineChartProps={pick as object}
          lineProps={{ isAnimationActive: false }}
        />
      )}
    </Box>
  )
}
