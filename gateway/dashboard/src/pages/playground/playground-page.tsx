import {
  Box,
  Button,
  FileButton,
  Group,
  Image,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Textarea,
} from '@mantine/core'
import { useRef, useState } from 'react'
import { api } from '../../api/client.ts'
import { type CallDetail, costOf } from '../../api/logs.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { sentenceOf } from '../../i18n/server.ts'
import { Notice } from '../../ui/bits.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Page } from '../../ui/page.tsx'
import { useOptions } from '../../ui/resource/sources.ts'
import { Empty } from '../../ui/states.tsx'
import { type Answer, emptyAnswer, streamChat } from './stream.ts'
import { TurnView } from './turn-view.tsx'
import { messagesOf, type ToolResult, type Turn } from './turns.ts'

/** One side of a comparison. */
interface Side {
  readonly model: string | null
  readonly turns: readonly Turn[]
  readonly busy: boolean
}

const newSide: Side = { model: null, turns: [], busy: false }

/** A chat with any model, or with two side by side. */
export function PlaygroundPage() {
  const { t } = useTexts()
  const models = useOptions('models').filter(({ value }) => value !== 'all-proxy-models' && !value.includes('*'))
  const [sides, setSides] = useState<readonly Side[]>([newSide])
  const [system, setSystem] = useState('')
  const [temperature, setTemperature] = useState<number | string>('')
  const [maxTokens, setMaxTokens] = useState<number | string>('')
  const [tools, setTools] = useState('')
  const [text, setText] = useState('')
  const [images, setImages] = useState<readonly string[]>([])
  const [problem, setProblem] = useState<string>()
  const running = useRef<AbortController>(undefined)
  const busy = sides.some((side) => side.busy)
  const modelOf = (side: Side) => side.model ?? models[0]?.value ?? null

  const setSide = (index: number, change: (side: Side) => Side) =>
    setSides((all) => all.map((side, place) => (place === index ? change(side) : side)))

  const run = async (
    index: number,
    turns: readonly Turn[],
    model: string,
    list: readonly object[],
    signal: AbortSignal,
  ) => {
    const show = (turn: Turn, isBusy: boolean) =>
      setSide(index, (one) => ({ ...one, turns: [...turns, turn], busy: isBusy }))
    show({ role: 'assistant', content: '', answer: emptyAnswer }, true)
    let last: Answer = emptyAnswer
    try {
      const request = {
        model,
        messages: messagesOf(system, turns),
        ...(temperature !== '' && { temperature: Number(temperature) }),
        ...(maxTokens !== '' && { max_tokens: Number(maxTokens) }),
        ...(list.length > 0 && { tools: list }),
      }
      await streamChat(request, signal, (answer) => {
        last = answer
        show({ role: 'assistant', content: answer.text, answer }, true)
      })
      show({ role: 'assistant', content: last.text, answer: last }, false)
      const cost = last.cost ?? (await bookedCost(last.callId))
      show({ role: 'assistant', content: last.text, answer: { ...last, cost } }, false)
    } catch (error) {
      const message = signal.aborted ? t('play.stopped') : sentenceOf(error, t)
      show({ role: 'assistant', content: last.text, answer: last, error: message }, false)
    }
  }

  /** The tools of the form; undefined if they can't be read. */
  const readTools = (): readonly object[] | undefined => {
    if (tools.trim() === '') return []
    try {
      const list: unknown = JSON.parse(tools)
      if (Array.isArray(list)) return list as object[]
    } catch {}
    setProblem(t('play.wrongTools'))
    return undefined
  }

  const send = async () => {
    setProblem(undefined)
    if (text.trim() === '') return setProblem(t('play.noText'))
    const list = readTools()
    if (!list) return
    const controller = new AbortController()
    running.current = controller
    setText('')
    setImages([])
    await Promise.all(
      sides.map(async (side, index) => {
        const model = modelOf(side)
        const turns: readonly Turn[] = [...side.turns, { role: 'user', content: text, images }]
        if (model !== null) await run(index, turns, model, list, controller.signal)
      }),
    )
  }

  /** Goes on with a chat whose model has called tools. */
  const sendResults = async (index: number, side: Side, results: readonly ToolResult[]) => {
    setProblem(undefined)
    const list = readTools()
    const model = modelOf(side)
    if (!list || model === null) return
    running.current = new AbortController()
    await run(index, [...side.turns, { role: 'tool', content: '', results }], model, list, running.current.signal)
  }

  const addImages = async (files: readonly File[]) => {
    const read = await Promise.all(files.map(dataUrlOf))
    setImages((before) => [...before, ...read])
  }

  return (
    <Page
      title={t('play.title')}
      description={t('play.text')}
      actions={
        <>
          <Switch
            label={t('play.compare')}
            checked={sides.length === 2}
            onChange={(event) => {
              const isTwo = event.currentTarget.checked
              setSides((all) => {
                const [first = newSide] = all
                return isTwo ? [first, { ...newSide, model: models[1]?.value ?? null }] : [first]
              })
            }}
          />
          <Button
            variant="default"
            disabled={busy}
            onClick={() => setSides((all) => all.map((side) => ({ ...side, turns: [] })))}
          >
            {t('play.clear')}
          </Button>
        </>
      }
    >
      <div className="play">
        <Stack gap="sm" className="card" p="md" component="aside" aria-label={t('play.settings')}>
          <Textarea
            label={t('play.system')}
            autosize
            minRows={2}
            maxRows={8}
            value={system}
            onChange={(event) => setSystem(event.currentTarget.value)}
          />
          <NumberInput
            label={t('play.temperature')}
            min={0}
            max={2}
            step={0.1}
            value={temperature}
            onChange={setTemperature}
            hideControls
          />
          <NumberInput label={t('play.maxTokens')} min={1} value={maxTokens} onChange={setMaxTokens} hideControls />
          <Textarea
            label={t('play.tools')}
            description={t('play.tools.hint')}
            autosize
            minRows={2}
            maxRows={10}
            value={tools}
            onChange={(event) => setTools(event.currentTarget.value)}
            styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12 } }}
          />
        </Stack>
        <Stack gap="sm">
          <SimpleGrid cols={{ base: 1, md: sides.length }} spacing="sm">
            {sides.map((side, index) => (
              <Box key={index === 0 ? 'first' : 'second'} className="card chat">
                <Box p="sm" style={{ borderBottom: '1px solid var(--line)' }}>
                  <Select
                    aria-label={t('play.model', { number: index + 1 })}
                    searchable
                    allowDeselect={false}
                    data={models}
                    value={modelOf(side)}
                    onChange={(model) => setSide(index, (one) => ({ ...one, model }))}
                  />
                </Box>
                <section
                  ref={keepAtEnd}
                  className="turns"
                  // biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls must be reachable with the keyboard
                  tabIndex={0}
                  aria-label={t('play.chat', { number: index + 1 })}
                  aria-live="polite"
                >
                  {side.turns.length === 0 ? (
                    <Empty icon="playground" title={t('play.empty')}>
                      {t(models.length === 0 ? 'play.noModels' : 'play.empty.text')}
                    </Empty>
                  ) : (
                    side.turns.map((turn, place) => (
                      <TurnView
                        // biome-ignore lint/suspicious/noArrayIndexKey: turns are only added
                        key={place}
                        turn={turn}
                        busy={side.busy && place === side.turns.length - 1}
                        onResults={
                          place === side.turns.length - 1 && !busy
                            ? (results) => void sendResults(index, side, results)
                            : undefined
                        }
                      />
                    ))
                  )}
                </section>
              </Box>
            ))}
          </SimpleGrid>
          <Box className="card" p="sm">
            <Stack gap="xs">
              {problem !== undefined && <Notice tone="bad">{problem}</Notice>}
              {images.length > 0 && (
                <Group gap="xs">
                  {images.map((url) => (
                    <Image key={url.slice(-60)} src={url} alt={t('play.image')} h={56} w="auto" radius="sm" />
                  ))}
                  <Button size="xs" variant="subtle" onClick={() => setImages([])}>
                    {t('play.removeImages')}
                  </Button>
                </Group>
              )}
              <Textarea
                aria-label={t('play.message')}
                placeholder={t('play.placeholder')}
                autosize
                minRows={2}
                maxRows={10}
                value={text}
                onChange={(event) => setText(event.currentTarget.value)}
                onKeyDown={(event) => {
                  if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
                  event.preventDefault()
                  if (!busy) void send()
                }}
              />
              <Group justify="space-between">
                <FileButton accept="image/*" multiple onChange={(files) => void addImages(files)}>
                  {(props) => (
                    <Button {...props} variant="default" leftSection={<Icon name="image" size={16} />}>
                      {t('play.addImage')}
                    </Button>
                  )}
                </FileButton>
                {busy ? (
                  <Button
                    variant="default"
                    leftSection={<Icon name="stop" size={14} />}
                    onClick={() => running.current?.abort()}
                  >
                    {t('play.stop')}
                  </Button>
                ) : (
                  <Button leftSection={<Icon name="send" size={15} />} onClick={() => void send()}>
                    {t('play.send')}
                  </Button>
                )}
              </Group>
            </Stack>
          </Box>
        </Stack>
      </div>
    </Page>
  )
}

/** Follows an answer that grows, unless the reader has scrolled up. */
function keepAtEnd(element: HTMLElement | null) {
  if (!element) return
  let isAtEnd = true
  const onScroll = () => {
    isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 40
  }
  const observer = new MutationObserver(() => {
    if (isAtEnd) element.scrollTop = element.scrollHeight
  })
  element.addEventListener('scroll', onScroll, { passive: true })
  observer.observe(element, { childList: true, subtree: true, characterData: true })
  return () => {
    observer.disconnect()
    element.removeEventListener('scroll', onScroll)
  }
}

const dataUrlOf = (file: File) =>
  new Promise<string>((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(file)
  })

/** The cost of a stream is known when the gateway has booked it. */
async function bookedCost(callId: string | undefined): Promise<number | undefined> {
  if (callId === undefined) return undefined
  try {
    return costOf(await api<CallDetail>(`/spend/logs/ui/${encodeURIComponent(callId)}`))
  } catch {
    return undefined
  }
}
