import { Box, Button, Group, Image, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTexts } from '../../i18n/i18n.tsx'
import { Notice, Snippet } from '../../ui/bits.tsx'
import type { ToolCall } from './stream.ts'
import type { ToolResult, Turn } from './turns.ts'

interface TurnProps {
  readonly turn: Turn
  /** Whether the turn still grows. */
  readonly busy: boolean
  /** The turn is the last one: results of its tools may be sent. */
  readonly onResults?: ((results: readonly ToolResult[]) => void) | undefined
}

/** One turn of a chat. */
export function TurnView({ turn, busy, onResults }: TurnProps) {
  const { t, format } = useTexts()
  const { answer } = turn
  return (
    <Box className="turn" data-role={turn.role}>
      <Text size="xs" c="dimmed" fw={600} mb={2}>
        {t(`play.${turn.role}`)}
      </Text>
      {turn.images && turn.images.length > 0 && (
        <Group gap="xs" mb="xs">
          {turn.images.map((url) => (
            <Image key={url.slice(-60)} src={url} alt={t('play.image')} h={80} w="auto" radius="sm" />
          ))}
        </Group>
      )}
      {answer?.reasoning && (
        <Box component="details" mb="xs">
          <summary>{t('play.reasoning')}</summary>
          <Text size="sm" c="dimmed" style={{ whiteSpace: 'pre-wrap' }}>
            {answer.reasoning}
          </Text>
        </Box>
      )}
      <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {turn.content || (busy ? '…' : '')}
      </Text>
      {answer?.toolCalls.map((call) => (
        <Box key={call.id} mt="xs">
          <Snippet code={`${call.name}(${call.arguments})`} label={t('play.copyTool', { name: call.name })} />
        </Box>
      ))}
      {turn.results?.map(({ id, text }) => (
        <Text key={id} size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
          {text}
        </Text>
      ))}
      {onResults && !busy && answer && answer.toolCalls.length > 0 && turn.error === undefined && (
        <ToolForm calls={answer.toolCalls} onSend={onResults} />
      )}
      {turn.error !== undefined && (
        <Box mt="xs">
          <Notice tone="bad">{turn.error}</Notice>
        </Box>
      )}
      {answer?.totalMs !== undefined && turn.error === undefined && (
        <Text size="xs" c="dimmed" mt={4} className="numbers">
          {[
            answer.inputTokens === undefined
              ? undefined
              : t('play.tokens', { input: answer.inputTokens, output: answer.outputTokens ?? 0 }),
            t('play.cost', { amount: format.money(answer.cost) }),
            t('play.times', { first: format.duration(answer.firstTokenMs), total: format.duration(answer.totalMs) }),
          ]
            .filter(Boolean)
            .join(' · ')}
        </Text>
      )}
    </Box>
  )
}

/** The results of the tools that a model calls, typed by hand. */
function ToolForm({
  calls,
  onSend,
}: {
  readonly calls: readonly ToolCall[]
  readonly onSend: (results: readonly ToolResult[]) => void
}) {
  const { t } = useTexts()
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({})
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSend(calls.map(({ id }) => ({ id, text: texts[id] ?? '' })))
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="xs" mt="xs">
        {calls.map(({ id, name }) => (
          <TextInput
            key={id}
            label={t('play.result', { name })}
            value={texts[id] ?? ''}
            onChange={(event) => {
              const { value } = event.currentTarget
              setTexts((before) => ({ ...before, [id]: value }))
            }}
          />
        ))}
        <Button type="submit" size="xs" variant="default" style={{ alignSelf: 'start' }}>
          {t('play.sendResults')}
        </Button>
      </Stack>
    </form>
  )
}
