import { Box, Button, Stack, Tabs, Text, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../api/client.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { sentenceOf } from '../../i18n/server.ts'
import { useRights } from '../../session/session.ts'
import { Notice, Status } from '../../ui/bits.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Page, Section } from '../../ui/page.tsx'
import { Empty, Failure, LoadingRows } from '../../ui/states.tsx'
import { DataTable } from '../../ui/table.tsx'
import { Audit } from './audit.tsx'

interface Line {
  readonly path: string
  readonly value: string | null
  readonly file: string
  readonly line: number
  readonly variable: string | null
  readonly variable_is_set: boolean | null
  readonly treatment: 'honoured' | 'ignored' | 'refused' | 'dangerous' | 'unset'
  readonly note: string | null
}

interface Pair {
  readonly name: string
  readonly value: string | null
}

interface Channel {
  readonly kind: string
  readonly name: string
}

interface SettingsAnswer {
  readonly lines: readonly Line[]
  readonly variables: readonly Pair[]
  readonly effective: readonly Pair[]
  readonly channels: readonly Channel[]
}

/** The configuration in use with its origin, the alert channels, and the audit log. */
export function SettingsPage() {
  const { t } = useTexts()
  const rights = useRights()
  const settings = useQuery({
    queryKey: ['settings'],
    queryFn: ({ signal }) => api<SettingsAnswer>('/dashboard/settings', { signal }),
  })
  return (
    <Page title={t('settings.title')} description={t('settings.text')}>
      <Tabs defaultValue="configuration" keepMounted={false}>
        <Tabs.List aria-label={t('settings.title')} mb="md">
          <Tabs.Tab value="configuration">{t('settings.configuration')}</Tabs.Tab>
          <Tabs.Tab value="alerts">{t('settings.alerts')}</Tabs.Tab>
          {rights.can('GET /audit') && <Tabs.Tab value="audit">{t('settings.audit')}</Tabs.Tab>}
        </Tabs.List>
        {(['configuration', 'alerts'] as const).map((name) => (
          <Tabs.Panel key={name} value={name}>
            {settings.isPending && (
              <Box className="card">
                <LoadingRows />
              </Box>
            )}
            {settings.isError && (
              <Box className="card">
                <Failure error={settings.error} onRetry={() => settings.refetch()} />
              </Box>
            )}
            {settings.data &&
              (name === 'configuration' ? (
                <Configuration settings={settings.data} />
              ) : (
                <Alerts channels={settings.data.channels} />
              ))}
          </Tabs.Panel>
        ))}
        <Tabs.Panel value="audit">
          <Audit />
        </Tabs.Panel>
      </Tabs>
    </Page>
  )
}

function Configuration({ settings }: { readonly settings: SettingsAnswer }) {
  const { t } = useTexts()
  const [search, setSearch] = useState('')
  const matches = (text: string) => text.toLowerCase().includes(search.trim().toLowerCase())
  const lines = settings.lines.filter(({ path, value }) => matches(`${path} ${value ?? ''}`))
  const variables = settings.variables.filter(({ name }) => matches(name))
  const effective = settings.effective.filter(({ name, value }) => matches(`${name} ${value ?? ''}`))
  const pairs = (label: string, rows: readonly Pair[]) => (
    <DataTable
      label={label}
      rows={rows}
      keyOf={({ name }) => name}
      columns={[
        { id: 'name', title: t('settings.name'), render: ({ name }) => <span className="mono">{name}</span> },
        { id: 'value', title: t('settings.value'), render: ({ value }) => <Value value={value} /> },
      ]}
    />
  )
  return (
    <Stack gap="md">
      <TextInput
        w={280}
        aria-label={t('common.search')}
        placeholder={t('common.search')}
        leftSection={<Icon name="search" size={15} />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      <Section title={t('settings.file')} flush>
        {lines.length === 0 ? (
          <Empty icon="settings" title={t(search === '' ? 'settings.noFile' : 'common.noMatch')}>
            {t(search === '' ? 'settings.noFile.text' : 'common.noMatch.text')}
          </Empty>
        ) : (
          <DataTable
            label={t('settings.file')}
            rows={lines}
            keyOf={({ path }) => path}
            columns={[
              { id: 'path', title: t('settings.name'), render: ({ path }) => <span className="mono">{path}</span> },
              { id: 'value', title: t('settings.value'), render: ({ value }) => <Value value={value} /> },
              {
                id: 'origin',
                title: t('settings.origin'),
                render: (line) => (
                  <Text size="sm" span>
                    {`${line.file}:${line.line}`}
                    {line.variable !== null && (
                      <Text size="xs" c={line.variable_is_set ? 'dimmed' : 'var(--bad)'}>
                        {t(line.variable_is_set ? 'settings.variable' : 'settings.variableUnset', {
                          name: line.variable,
                        })}
                      </Text>
                    )}
                  </Text>
                ),
              },
              {
                id: 'effect',
                title: t('settings.effect'),
                render: ({ treatment, note }) => (
                  <>
                    <Status tone={treatment === 'honoured' ? 'good' : treatment === 'dangerous' ? 'bad' : 'warn'}>
                      {t(`settings.${treatment}`)}
                    </Status>
                    {note && (
                      <Text size="xs" c="dimmed" maw={380} lang="en">
                        {note.replaceAll('`', '')}
                      </Text>
                    )}
                  </>
                ),
              },
            ]}
          />
        )}
      </Section>
      {variables.length > 0 && (
        <Section title={t('settings.environment')} flush>
          {pairs(t('settings.environment'), variables)}
        </Section>
      )}
      {effective.length > 0 && (
        <Section title={t('settings.effective')} flush>
          {pairs(t('settings.effective'), effective)}
        </Section>
      )}
    </Stack>
  )
}

const Value = ({ value }: { readonly value: string | null }) => (
  <Text className="mono" maw={420} style={{ overflowWrap: 'anywhere' }} span>
    {value ?? '–'}
  </Text>
)

interface TestResult extends Channel {
  readonly ok: boolean
  readonly error: string | null
}

function Alerts({ channels }: { readonly channels: readonly Channel[] }) {
  const { t } = useTexts()
  const rights = useRights()
  const test = useMutation({
    mutationFn: () => api<{ results: readonly TestResult[] }>('/dashboard/alerts/test', { method: 'POST', body: {} }),
  })
  if (channels.length === 0) {
    return (
      <Box className="card">
        <Empty icon="warning" title={t('alerts.empty')}>
          {t('alerts.empty.text')}
        </Empty>
      </Box>
    )
  }
  const resultOf = (channel: Channel) =>
    test.data?.results.find(({ name, kind }) => name === channel.name && kind === channel.kind)
  return (
    <Section
      title={t('alerts.channels')}
      flush
      aside={
        rights.can('POST /dashboard/alerts/test') && (
          <Button size="xs" loading={test.isPending} onClick={() => test.mutate()}>
            {t('alerts.test')}
          </Button>
        )
      }
    >
      {test.isError && (
        <Box px="md" pb="sm">
          <Notice tone="bad">{sentenceOf(test.error, t)}</Notice>
        </Box>
      )}
      <DataTable
        label={t('alerts.channels')}
        rows={channels}
        keyOf={({ kind, name }) => `${kind} ${name}`}
        columns={[
          { id: 'kind', title: t('alerts.kind'), render: ({ kind }) => kind },
          { id: 'name', title: t('alerts.receiver'), render: ({ name }) => name },
          {
            id: 'result',
            title: t('alerts.result'),
            render: (channel) => {
              const result = resultOf(channel)
              if (!result) return '–'
              return result.ok ? (
                <Status tone="good">{t('alerts.delivered')}</Status>
              ) : (
                <Text size="sm" c="var(--bad)">
                  {result.error}
                </Text>
              )
            },
          },
        ]}
      />
    </Section>
  )
}
