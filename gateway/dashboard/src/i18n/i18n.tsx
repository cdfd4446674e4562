import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import { messages as english, type MessageKey } from './en/index.ts'
import { createFormats, type Formats } from './formats.ts'
import { fill, type Values } from './message.ts'

export type { MessageKey } from './en/index.ts'

/** Languages with their own names. English loads with the page, others when they are chosen. */
export const languages = { en: 'English', ko: '한국어' } as const
export type Language = keyof typeof languages

type Messages = Readonly<Record<MessageKey, string>>

export interface Translate {
  (key: MessageKey, values?: Values): string
  readonly language: Language
}

interface Texts {
  readonly language: Language
  readonly t: Translate
  readonly format: Formats
  setLanguage(language: Language): void
}

const Context = createContext<Texts | undefined>(undefined)
const storageName = 'llmux-language'

function initialLanguage(): Language {
  const stored = localStorage.getItem(storageName)
  if (stored !== null && stored in languages) return stored as Language
  return navigator.language.startsWith('ko') ? 'ko' : 'en'
}

const load = async (language: Language): Promise<Messages> =>
  language === 'ko' ? (await import('./ko/index.ts')).messages : english

export function TextsProvider({ children }: { readonly children: ReactNode }) {
  const [chosen, choose] = useState(initialLanguage)
  // the old language stays on the page until the new one has loaded
  const [shown, show] = useState<{ readonly language: Language; readonly messages: Messages }>({
    language: 'en',
    messages: english,
  })
  useEffect(() => {
    let isCurrent = true
    load(chosen).then((messages) => {
      if (!isCurrent) return
      document.documentElement.lang = chosen
      // the same language again would render the whole page again
      show((before) => (before.language === chosen ? before : { language: chosen, messages }))
    })
    return () => {
      isCurrent = false
    }
  }, [chosen])
  const texts = useMemo<Texts>(() => {
    const { language, messages } = shown
    const write = (key: MessageKey, values?: Values) => fill(messages[key], values ?? {}, language)
    const t: Translate = Object.assign(write, { language })
    return {
      language,
      t,
      format: createFormats(language, messages['common.unknown']),
      setLanguage(next) {
        localStorage.setItem(storageName, next)
        choose(next)
      },
    }
  }, [shown])
  return <Context value={texts}>{children}</Context>
}

export function useTexts(): Texts {
  const texts = useContext(Context)
  if (!texts) throw new Error('useTexts() must be used inside of TextsProvider.')
  return texts
}
