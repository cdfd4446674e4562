import { Button, Group, Text, Tooltip } from '@mantine/core'
import { useState } from 'react'
import { ApiError, api } from '../../api/client.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { sentenceOf } from '../../i18n/server.ts'
import { useRights } from '../../session/session.ts'
import { Notice, Status, Tag } from '../../ui/bits.tsx'
import { nameColumn } from '../../ui/resource/columns.tsx'
import type { Field, FormValues } from '../../ui/resource/fields.ts'
import { ResourcePage } from '../../ui/resource/page.tsx'
import { Empty } from '../../ui/states.tsx'
import type { Column } from '../../ui/table.tsx'
import { abilitiesOf, type DeploymentRow, formField, formOf, modelBody, type TestResult } from './deployment.ts'

const fields: readonly Field[] = [
  { kind: 'text', name: 'model_name', label: 'models.group', hint: 'models.group.hint', required: true },
  { kind: 'text', name: 'model', label: 'models.model', hint: 'models.model.hint', required: true },
  { kind: 'secret', name: 'api_key', label: 'models.key', hint: 'models.key.hint' },
  { kind: 'text', name: 'api_base', label: 'models.base', hint: 'models.base.hint' },
  { kind: 'money', name: 'input_cost', label: 'models.inputPrice', hint: 'models.price.hint' },
  { kind: 'money', name: 'output_cost', label: 'models.outputPrice' },
  { kind: 'count', name: 'rpm', label: 'field.rpm_limit', more: true },
  { kind: 'count', name: 'tpm', label: 'field.tpm_limit', more: true },
  { kind: 'count', name: 'weight', label: 'models.weight', hint: 'models.weight.hint', more: true },
  { kind: 'json', name: 'more', label: 'models.params', hint: 'models.params.hint', more: true },
]

/** Sends a request for the form, whose fields have other places in the body. */
async function sendForm<Answer>(path: string, body: unknown, method: 'POST' | 'PATCH' = 'POST'): Promise<Answer> {
  try {
    return await api<Answer>(path, { method, body })
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    throw new ApiError(error.message, error.status, formField(error.param), error.type)
  }
}

/** Deployments with their health, prices and abilities. */
export function ModelsPage() {
  const { t, format } = useTexts()
  const rights = useRights()
  const seesState = rights.can('GET /dashboard/deployments')
  const mayChange = rights.can('POST /model/new')
  return (
    <ResourcePage<DeploymentRow, unknown>
      title={t('models.title')}
      text={t('models.text')}
      queryKey={['deployments']}
      refetchMs={seesState ? 3_000 : undefined}
      load={async (signal) =>
        seesState
          ? (await api<{ deployments: DeploymentRow[] }>('/dashboard/deployments', { signal })).deployments
          : (await api<{ data: DeploymentRow[] }>('/model/info', { signal })).data
      }
      idOf={({ model_info }) => model_info.id}
      nameOf={({ model_name }) => model_name}
      textOf={(row) => [row.model_name, row.litellm_params.model, row.model_info.mode].join(' ')}
      order="name"
      fields={fields}
      formRow={formOf}
      createLabel={t('models.create')}
      create={mayChange ? (body) => sendForm('/model/new', modelBody(body)) : undefined}
      formAside={(values) => <TestButton values={values} />}
      update={
        mayChange
          ? (row, body) => sendForm(`/model/${encodeURIComponent(row.model_info.id)}/update`, modelBody(body), 'PATCH')
          : undefined
      }
      remove={
        mayChange ? (row) => api('/model/delete', { method: 'POST', body: { id: row.model_info.id } }) : undefined
      }
      removeQuestion={(row) => ({
        title: t('models.delete.title', { name: row.model_name }),
        text: t('models.delete.text'),
      })}
      mayChange={({ model_info }) => model_info.db_model}
      empty={(create) => (
        <Empty icon="models" title={t('models.empty')} action={create}>
          {t('models.empty.text')}
        </Empty>
      )}
      columns={[
        nameColumn(
          t('dimension.model'),
          ({ model_name }) => model_name,
          ({ litellm_params }) => litellm_params.model ?? '',
        ),
        ...(seesState ? stateColumns(t, format) : []),
        {
          id: 'price',
          title: t('models.price'),
          end: true,
          sort: (row) => row.model_info.input_cost_per_token ?? '',
          render: ({ model_info: info }) => (
            <Text size="sm" span title={t('models.price.title')}>
              {info.input_cost_per_token === null && info.output_cost_per_token === null
                ? t('common.unknown')
                : `${format.pricePerMillion(info.input_cost_per_token)} / ${format.pricePerMillion(info.output_cost_per_token)}`}
            </Text>
          ),
        },
        {
          id: 'window',
          title: t('models.window'),
          end: true,
          sort: (row) => row.model_info.max_input_tokens ?? '',
          render: ({ model_info: info }) =>
            info.max_input_tokens === null ? '–' : format.compact(info.max_input_tokens),
        },
        {
          id: 'abilities',
          title: t('models.abilities'),
          render: (row) => {
            const found = abilitiesOf(row).map((name) => t(`ability.${name}`))
            return (
              <Group gap={4} maw={260}>
                {row.model_info.mode && row.model_info.mode !== 'chat' && <Tag>{row.model_info.mode}</Tag>}
                {found.slice(0, 3).map((name) => (
                  <Tag key={name}>{name}</Tag>
                ))}
                {found.length > 3 && (
                  <Tooltip label={found.slice(3).join(', ')}>
                    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the tooltip must be reachable with the keyboard */}
                    <span className="more" tabIndex={0}>{`+${found.length - 3}`}</span>
                  </Tooltip>
                )}
              </Group>
            )
          },
        },
      ]}
    />
  )
}

const tones = { healthy: 'good', probing: 'warn', cooldown: 'bad', unhealthy: 'bad' } as const

function stateColumns(
  t: ReturnType<typeof useTexts>['t'],
  format: ReturnType<typeof useTexts>['format'],
): Column<DeploymentRow>[] {
  return [
    {
      id: 'status',
      title: t('models.health'),
      sort: ({ state }) => state?.status ?? '',
      render: ({ state }) =>
        state ? (
          <>
            <Status tone={tones[state.status]}>{t(`models.${state.status}`)}</Status>
            {state.cooldown_left_ms !== null && (
              <Text size="xs" c="dimmed" maw={200} truncate title={state.cooldown_reason ?? ''}>
                {t('models.cooldownLeft', { time: format.duration(state.cooldown_left_ms) })}
              </Text>
            )}
          </>
        ) : (
          '–'
        ),
    },
    {
      id: 'picks',
      title: t('models.picks'),
      end: true,
      sort: ({ state }) => state?.picks ?? '',
      render: ({ state }) =>
        state ? (
          <>
            {format.number(state.picks)}
            {state.in_flight > 0 && (
              <Text size="xs" c="dimmed">
                {t('models.inFlight', { count: state.in_flight })}
              </Text>
            )}
          </>
        ) : (
          '–'
        ),
    },
    {
      id: 'failures',
      title: t('measure.errors'),
      end: true,
      sort: ({ state }) => state?.failures ?? '',
      render: ({ state }) => (state ? format.number(state.failures) : '–'),
    },
    {
      id: 'latency',
      title: t('measure.latency'),
      end: true,
      sort: ({ state }) => state?.latency_ms ?? '',
      render: ({ state }) => format.duration(state?.latency_ms),
    },
  ]
}

/** Tests the deployment of the form before it is saved. */
function TestButton({ values }: { readonly values: FormValues }) {
  const { t, format } = useTexts()
  const [busy, setBusy] = useState(false)
  const [result, setResult] = useState<{ readonly tone: 'good' | 'bad'; readonly text: string }>()
  const run = async () => {
    setBusy(true)
    setResult(undefined)
    try {
      const sent = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))
      const more = typeof sent.more === 'string' ? JSON.parse(sent.more) : undefined
      const { ok, latency_ms, error, model } = await api<TestResult>('/dashboard/deployments/test', {
        method: 'POST',
        body: modelBody({ ...sent, more }),
      })
      const price = `${format.pricePerMillion(model.model_info.input_cost_per_token)} / ${format.pricePerMillion(model.model_info.output_cost_per_token)}`
      setResult(
        ok
          ? { tone: 'good', text: t('models.test.ok', { time: format.duration(latency_ms), price }) }
          : { tone: 'bad', text: t('models.test.failed', { error: error ?? '' }) },
      )
    } catch (error) {
      setResult({ tone: 'bad', text: sentenceOf(error, t) })
    }
    setBusy(false)
  }
  return (
    <>
      {result && <Notice tone={result.tone}>{result.text}</Notice>}
      <Button variant="light" loading={busy} onClick={run} style={{ alignSelf: 'flex-start' }}>
        {t('models.test')}
      </Button>
    </>
  )
}
