import { Button, Group, Popover, SegmentedControl, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTexts } from '../../i18n/i18n.tsx'
import { type OverviewSearch, type Span, spans } from './search.ts'

interface RangePickerProps {
  readonly search: OverviewSearch
  readonly onChange: (range: Pick<OverviewSearch, 'span' | 'from' | 'to'>) => void
}

/** Common spans, or two days. */
export function RangePicker({ search, onChange }: RangePickerProps) {
  const { t, format } = useTexts()
  const [opened, setOpened] = useState(false)
  const custom = search.from !== undefined && search.to !== undefined
  const [from, setFrom] = useState(search.from ?? '')
  const [to, setTo] = useState(search.to ?? '')
  const isWrong = from !== '' && to !== '' && from > to
  return (
    <Group gap="xs">
      <SegmentedControl
        aria-label={t('range.label')}
        size="xs"
        value={custom ? '' : (search.span ?? '7d')}
        onChange={(span) => onChange({ span: span as Span })}
        data={Object.keys(spans).map((span) => ({ value: span, label: t(`range.${span as Span}`) }))}
      />
      <Popover opened={opened} onChange={setOpened} position="bottom-end" trapFocus>
        <Popover.Target>
          <Button size="xs" variant={custom ? 'light' : 'default'} onClick={() => setOpened((was) => !was)}>
            {custom && search.from && search.to
              ? `${format.day(search.from, 'UTC')} – ${format.day(search.to, 'UTC')}`
              : t('range.custom')}
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <Stack gap="xs" w={220}>
            <TextInput
              type="date"
              label={t('range.from')}
              value={from}
              onChange={(event) => setFrom(event.currentTarget.value)}
            />
            <TextInput
              type="date"
              label={t('range.to')}
              value={to}
              onChange={(event) => setTo(event.currentTarget.value)}
              error={isWrong ? t('range.wrong') : undefined}
            />
            <Button
              disabled={from === '' || to === '' || isWrong}
              onClick={() => {
                onChange({ span: undefined, from, to })
                setOpened(false)
              }}
            >
              {t('range.apply')}
            </Button>
          </Stack>
        </Popover.Dropdown>
      </Popover>
    </Group>
  )
}
