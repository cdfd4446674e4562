import { Box, Group, SegmentedControl, Stack, Tabs, Text } from '@mantine/core'
import { useState } from 'react'
import type { CallDetail } from '../../api/logs.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { Notice, Snippet } from '../../ui/bits.tsx'
import { lengthOfOmitted, type Turn, turnsOfAnswer, turnsOfRequest } from './content.ts'

/** The request and the answer of a call, as a conversation or as JSON. */
export function StoredContent({ call }: { readonly call: CallDetail }) {
  const { t } = useTexts()
  const [form, setForm] = useState<'text' | 'json'>('text')
  if (!call.content_stored) {
    return (
      <Text size="sm" c="dimmed">
        {t('call.notStored')}
      </Text>
    )
  }
  const { proxy_server_request: request, response } = call
  return (
    <Tabs defaultValue="request" keepMounted={false}>
      <Group justify="flex-end" mb={4}>
        <SegmentedControl
          size="xs"
          aria-label={t('call.form')}
          value={form}
          onChange={(next) => setForm(next as 'text' | 'json')}
          data={[
            { value: 'text', label: t('call.form.text') },
            { value: 'json', label: t('call.form.json') },
          ]}
        />
      </Group>
      <Tabs.List aria-label={t('call.content')}>
        <Tabs.Tab value="request">{t('call.request')}</Tabs.Tab>
        <Tabs.Tab value="response">{t('call.response')}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="request" pt="sm">
        <Content value={request} turns={turnsOfRequest(request)} form={form} label={t('call.copyRequest')} />
      </Tabs.Panel>
      <Tabs.Panel value="response" pt="sm">
        <Content value={response} turns={turnsOfAnswer(response)} form={form} label={t('call.copyResponse')} />
      </Tabs.Panel>
    </Tabs>
  )
}

interface ContentProps {
  readonly value: object
  readonly turns: readonly Turn[]
  readonly form: 'text' | 'json'
  readonly label: string
}

function Content({ value, turns, form, label }: ContentProps) {
  const { t } = useTexts()
  const omitted = lengthOfOmitted(value)
  if (omitted !== undefined) return <Notice tone="quiet">{t('call.tooLong', { count: omitted })}</Notice>
  if (Object.keys(value).length === 0) return <Notice tone="quiet">{t('call.noContent')}</Notice>
  if (form === 'json' || turns.length === 0) return <Snippet code={JSON.stringify(value, null, 2)} label={label} />
  return (
    <Stack gap={0}>
      {turns.map((turn, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: stored turns do not change
        <Box key={index} className="turn" data-role={turn.role}>
          <Text size="xs" c="dimmed" fw={600}>
            {isKnown(turn.role) ? t(`call.role.${turn.role}`) : turn.role}
          </Text>
          {turn.text !== '' && (
            <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
              {turn.text}
            </Text>
          )}
          {turn.attachments > 0 && (
            <Text size="xs" c="dimmed">
              {t('call.attachments', { count: turn.attachments })}
            </Text>
          )}
          {turn.tools.map(({ name, input }) => (
            <Box key={`${name} ${input}`} mt={4}>
              <Text size="xs">{t('call.tool', { name })}</Text>
              <Snippet code={input} label={t('call.tool', { name })} />
            </Box>
          ))}
        </Box>
      ))}
    </Stack>
  )
}

const known = ['system', 'user', 'assistant', 'tool', 'input', 'document'] as const
const isKnown = (role: string): role is (typeof known)[number] => known.some((one) => one === role)
