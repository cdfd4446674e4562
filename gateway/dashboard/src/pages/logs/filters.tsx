import { Button, Group, Pill, Popover, SegmentedControl, Select, SimpleGrid, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useNames } from '../../api/names.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { Icon } from '../../ui/icons.tsx'
import { useOptions } from '../../ui/resource/sources.ts'
import { type FilterName, filterNames, type LogsSearch } from './search.ts'

interface FiltersProps {
  readonly search: LogsSearch
  readonly onChange: (search: LogsSearch) => void
}

/** Filters that are typed. */
const typed = [
  'request_id',
  'model',
  'provider',
  'deployment',
  'api_key',
  'team_id',
  'user_id',
  'customer_id',
  'tag',
  'outcome',
  'min_spend',
  'min_duration_ms',
] as const satisfies readonly FilterName[]

/** Common filters on the page, others behind a button, and those in use as pills. */
export function Filters({ search, onChange }: FiltersProps) {
  const { t, format } = useTexts()
  const [opened, setOpened] = useState(false)
  const models = useOptions('models').filter(({ value }) => value !== 'all-proxy-models')
  const keyName = useNames('key')
  const teamName = useNames('team')
  const shown = (name: FilterName, value: string) => {
    if (name === 'start_date' || name === 'end_date') return format.time(value)
    if (name === 'api_key') return keyName(value)
    return name === 'team_id' ? teamName(value) : value
  }
  const pills = filterNames.filter(
    (name) => search[name] !== undefined && name !== 'status_filter' && name !== 'model_group',
  )
  return (
    <Group px="md" py="sm" gap="sm" style={{ borderBottom: '1px solid var(--line)' }}>
      <SegmentedControl
        size="xs"
        aria-label={t('common.status')}
        value={search.status_filter ?? ''}
        onChange={(value) => onChange({ ...search, status_filter: value || undefined })}
        data={[
          { value: '', label: t('logs.all') },
          { value: 'success', label: t('logs.ok') },
          { value: 'failure', label: t('logs.failed') },
        ]}
      />
      <Select
        size="xs"
        w={190}
        aria-label={t('logs.model')}
        placeholder={t('logs.anyModel')}
        searchable
        clearable
        data={[...models]}
        value={search.model_group ?? null}
        onChange={(value) => onChange({ ...search, model_group: value ?? undefined })}
      />
      <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus withinPortal>
        <Popover.Target>
          <Button
            size="xs"
            variant="default"
            leftSection={<Icon name="filter" size={14} />}
            onClick={() => setOpened((was) => !was)}
          >
            {t('logs.filter')}
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <FilterForm
            search={search}
            onApply={(next) => {
              onChange(next)
              setOpened(false)
            }}
          />
        </Popover.Dropdown>
      </Popover>
      {pills.map((name) => (
        <Pill
          key={name}
          size="sm"
          withRemoveButton
          onRemove={() => onChange({ ...search, [name]: undefined })}
          removeButtonProps={{
            'aria-label': t('logs.remove', { name: t(`filter.${name}`) }),
            tabIndex: 0,
            'aria-hidden': false,
          }}
        >
          {`${t(`filter.${name}`)}: ${shown(name, search[name] ?? '')}`}
        </Pill>
      ))}
    </Group>
  )
}

function FilterForm({
  search,
  onApply,
}: {
  readonly search: LogsSearch
  readonly onApply: (next: LogsSearch) => void
}) {
  const { t } = useTexts()
  const [values, setValues] = useState<Readonly<Record<string, string | undefined>>>({ ...search })
  const set = (name: FilterName, value: string) =>
    setValues((before) => ({ ...before, [name]: value === '' ? undefined : value }))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onApply(values as LogsSearch)
  }
  return (
    <form onSubmit={submit}>
      <SimpleGrid cols={2} spacing="xs" w={{ base: 280, sm: 460 }}>
        {(['start_date', 'end_date'] as const).map((name) => (
          <TextInput
            key={name}
            type="datetime-local"
            size="xs"
            label={t(`filter.${name}`)}
            value={localOf(values[name])}
            onChange={(event) =>
              set(name, event.currentTarget.value && new Date(event.currentTarget.value).toISOString())
            }
          />
        ))}
        {typed.map((name) => (
          <TextInput
            key={name}
            size="xs"
            label={t(`filter.${name}`)}
            value={values[name] ?? ''}
            onChange={(event) => set(name, event.currentTarget.value)}
          />
        ))}
      </SimpleGrid>
      <Group justify="flex-end" mt="sm" gap="xs">
        <Button size="xs" variant="default" onClick={() => onApply({})}>
          {t('logs.clear')}
        </Button>
        <Button size="xs" type="submit">
          {t('range.apply')}
        </Button>
      </Group>
    </form>
  )
}

/** A time as the input of the browser has it: local, to the minute. */
function localOf(value: string | undefined): string {
  const at = value === undefined ? Number.NaN : Date.parse(value)
  if (Number.isNaN(at)) return ''
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
