import '@mantine/charts/styles.css'
import { BarChart, LineChart } from '@mantine/charts'
import { Box } from '@mantine/core'
import type { ChartRow } from '../pages/overview/summary.ts'
import { seriesColors } from '../theme.ts'

export interface TimeChartProps {
  /** For screen readers: what the chart shows. */
  readonly label: string
  readonly rows: readonly ChartRow[]
  readonly lines: readonly { readonly id: string; readonly label: string }[]
  readonly kind: 'bars' | 'lines'
  readonly formatTime: (at: number) => string
  readonly formatValue: (value: number) => string
  readonly formatAxis: (value: number) => string
  readonly onPick?: (at: number) => void
}

/** A measure over time, as stacked bars or as lines. */
export default function TimeChart(props: TimeChartProps) {
  const { label, rows, lines, kind, formatTime, formatValue, formatAxis, onPick } = props
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
    yAxisProps: { tickFormatter: formatAxis, width: 66 },
    valueFormatter: formatValue,
    tooltipAnimationDuration: 0,
    tooltipProps: { labelFormatter: (at: unknown) => (Number.isFinite(Number(at)) ? formatTime(Number(at)) : '') },
    gridAxis: 'x' as const,
    tickLine: 'none' as const,
    strokeDasharray: '2 4',
  }
  const pick = {
    style: onPick ? { cursor: 'pointer' } : undefined,
    onClick: (state: { activeLabel?: string | number | undefined }) => {
      if (state.activeLabel !== undefined) onPick?.(Number(state.activeLabel))
    },
  }
  return (
    <Box component="figure" m={0} aria-label={label}>
      {kind === 'bars' ? (
        <BarChart
          {...common}
          type="stacked"
          barChartProps={pick as object}
          barProps={{ isAnimationActive: false, maxBarSize: 36 }}
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
