import { Box, Drawer, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { type CallDetail, callDetail, costOf } from '../../api/logs.ts'
import { useNames } from '../../api/names.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { CopyIcon, Notice, Snippet, Tag } from '../../ui/bits.tsx'
import { Failure, LoadingRows } from '../../ui/states.tsx'
import { CallStatus } from './call-list.tsx'
import { StoredContent } from './stored-content.tsx'
import { Timeline } from './timeline.tsx'

/** One call: its attempts, the parts of its cost, headers, and content if it was stored. */
export function CallDrawer({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const { t } = useTexts()
  const call = useQuery({ queryKey: ['call', id], queryFn: ({ signal }) => callDetail(id, signal) })
  return (
    <Drawer
      opened
      size="xl"
      onClose={onClose}
      title={t('call.title')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      {call.isPending && <LoadingRows />}
      {call.isError && <Failure error={call.error} onRetry={() => call.refetch()} />}
      {call.data && <Details call={call.data} />}
    </Drawer>
  )
}

function Details({ call }: { readonly call: CallDetail }) {
  const { t, format } = useTexts()
  const keyName = useNames('key')
  const teamName = useNames('team')
  const error = call.metadata.error_information
  // after a fallback the row has the group that answered
  const asked = call.attempts[0]?.modelGroup ?? call.model_group
  const to = (name: string, value: string, label = value) =>
    value === '' ? (
      '–'
    ) : (
      <Link to="/logs" search={{ [name]: value }} className="link">
        {label}
      </Link>
    )
  return (
    <Stack gap="lg">
      <Group gap={4}>
        <Text className="mono" style={{ overflowWrap: 'anywhere' }}>
          {call.request_id}
        </Text>
        <CopyIcon value={call.request_id} label={t('call.copyId')} />
      </Group>
      {error?.error_message && (
        <Notice tone="bad">{`${error.error_code ? `${error.error_code}: ` : ''}${error.error_message}`}</Notice>
      )}
      <SimpleGrid cols={{ base: 2, sm: 3 }} spacing="md" verticalSpacing="sm" component="dl" m={0}>
        <Fact label={t('common.status')}>
          <CallStatus row={call} />
        </Fact>
        <Fact label={t('logs.time')}>{format.time(call.startTime)}</Fact>
        <Fact label={t('logs.duration')}>{format.duration(call.request_duration_ms)}</Fact>
        <Fact label={t('measure.ttft')}>{format.duration(call.time_to_first_token_ms)}</Fact>
        <Fact label={t('logs.cost')}>{format.money(costOf(call))}</Fact>
        <Fact label={t('logs.tokens')}>
          {t('call.tokens', {
            input: format.number(call.prompt_tokens),
            output: format.number(call.completion_tokens),
            cached: format.number(call.cached_tokens),
          })}
        </Fact>
        <Fact label={t('call.asked')}>{to('model_group', asked)}</Fact>
        <Fact label={t('call.answered')}>{to('model', call.model)}</Fact>
        <Fact label={t('call.operation')}>{call.stream ? `${call.call_type} · stream` : call.call_type}</Fact>
        <Fact label={t('logs.key')}>
          {to('api_key', call.api_key, call.metadata.user_api_key_alias ?? keyName(call.api_key))}
        </Fact>
        <Fact label={t('field.team')}>{to('team_id', call.team_id, teamName(call.team_id))}</Fact>
        <Fact label={t('dimension.user')}>{to('user_id', call.user)}</Fact>
        <Fact label={t('dimension.customer')}>{to('customer_id', call.end_user)}</Fact>
        <Fact label={t('call.address')}>{call.requester_ip_address || '–'}</Fact>
        <Fact label={t('dimension.tag')}>
          {call.request_tags.length === 0 ? (
            '–'
          ) : (
            <Group gap={4}>
              {call.request_tags.map((tag) => (
                <Tag key={tag}>{tag}</Tag>
              ))}
            </Group>
          )}
        </Fact>
      </SimpleGrid>
      <Part title={t('call.attempts')}>
        <Timeline call={call} />
      </Part>
      <Part title={t('call.cost')}>
        <Cost call={call} />
      </Part>
      <Part title={t('call.content')}>
        <StoredContent call={call} />
      </Part>
      {Object.keys(call.request_headers).length > 0 && (
        <Part title={t('call.headers')}>
          <Snippet
            code={Object.entries(call.request_headers)
              .map(([name, value]) => `${name}: ${value}`)
              .join('\n')}
            label={t('call.copyHeaders')}
          />
        </Part>
      )}
    </Stack>
  )
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <Box>
      <Text component="dt" size="xs" c="dimmed">
        {label}
      </Text>
      <Box component="dd" m={0} fz={13} style={{ overflowWrap: 'anywhere' }}>
        {children}
      </Box>
    </Box>
  )
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <Box component="section" aria-label={title}>
      <Title order={3} mb="xs">
        {title}
      </Title>
      {children}
    </Box>
  )
}

const parts = ['input', 'cacheRead', 'cacheWrite', 'output', 'reasoning', 'audio', 'tools'] as const

/** The parts of the cost, and where the prices are from. */
function Cost({ call }: { readonly call: CallDetail }) {
  const { t, format } = useTexts()
  const found = call.cost_breakdown
  if (call.cost_state === 'unknown' || found === null) {
    return (
      <Text size="sm" c="dimmed">
        {t(call.cost_state === 'unknown' ? 'call.cost.unknown' : 'call.cost.none')}
      </Text>
    )
  }
  const rates = (found.rates ?? {}) as Readonly<Record<string, unknown>>
  const amounts = parts.flatMap((name) => {
    const amount = found[name]
    const isShown = typeof amount === 'number' && (amount > 0 || name === 'input' || name === 'output')
    return isShown ? [[name, amount] as const] : []
  })
  return (
    <Stack gap="xs">
      <table className="data-table" style={{ maxWidth: 420 }} aria-label={t('call.cost')}>
        <tbody>
          {amounts.map(([name, amount]) => (
            <tr key={name}>
              <th scope="row">{t(`call.cost.${name}`)}</th>
              <td className="end more">
                {typeof rates[name] === 'number' && t('call.cost.rate', { price: format.money(rates[name]) })}
              </td>
              <td className="end">{format.money(amount)}</td>
            </tr>
          ))}
          <tr>
            <th scope="row">{t('call.cost.total')}</th>
            <td />
            <td className="end">
              <b>{format.money(call.spend)}</b>
            </td>
          </tr>
        </tbody>
      </table>
      <Text size="xs" c="dimmed">
        {[
          call.cost_state === 'estimated' ? t('call.cost.estimated') : undefined,
          typeof found.source === 'string' ? t('call.cost.source', { source: found.source }) : undefined,
          typeof found.asOf === 'string' ? t('call.cost.asOf', { day: found.asOf }) : undefined,
          call.rated_at === null ? undefined : t('call.cost.rated', { before: format.money(call.original_spend) }),
        ]
          .filter((text) => text !== undefined)
          .join(' · ')}
      </Text>
    </Stack>
  )
}
