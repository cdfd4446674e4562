import { randomBytes } from 'node:crypto'
import type { GatewayResponse, OpenRequest } from '../http/response.js'
import { refusalOf } from '../refusal.js'

const texts = {
  en: {
    title: 'You are not signed in',
    again: 'Try again',
    key: 'Sign in with a key',
    help: 'If this goes on, send the text above to an admin of the gateway.',
  },
  ko: {
    title: '로그인되지 않았습니다',
    again: '다시 시도',
    key: '키로 로그인',
    help: '문제가 계속되면 위의 문구를 게이트웨이 관리자에게 알려 주십시오.',
  },
} as const

/** Answers a browser that a sign-in has refused with a page; programs get the JSON of the error. */
export async function withPage(request: OpenRequest, answer: () => Promise<GatewayResponse>): Promise<GatewayResponse> {
  try {
    return await answer()
  } catch (error) {
    const refusal = refusalOf(error)
    if (!refusal || !(error instanceof Error) || !request.headers.accept?.includes('text/html')) throw error
    return refusedPage(refusal.status, error.message, request.headers['accept-language'])
  }
}

function refusedPage(status: number, reason: string, accepted = ''): GatewayResponse {
  const language = accepted.toLowerCase().startsWith('ko') ? 'ko' : 'en'
  const { title, again, key, help } = texts[language]
  const nonce = randomBytes(18).toString('base64')
  const body = `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · llmux</title>
<link rel="icon" type="image/svg+xml" href="/ui/icon.svg">
<style nonce="${nonce}">${style}</style>
</head>
<body>
<main>
<p class="brand"><img src="/ui/icon.svg" width="22" height="22" alt="">llmux</p>
<div class="card">
<h1>${title}</h1>
<p role="alert">${escaped(reason)}</p>
<p class="quiet">${help}</p>
<p class="links"><a class="main" href="/sso/key/generate?return_to=%2Fui%2F">${again}</a><a href="/ui/">${key}</a></p>
</div>
</main>
</body>
</html>
`
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': `default-src 'none'; img-src 'self'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'referrer-policy': 'no-referrer',
    },
    body,
  }
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] ?? character)

/** The colours of the dashboard. */
const style = `:root{color-scheme:light dark}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:light-dark(#f7f8fa,#131519);color:light-dark(#1b1f27,#e3e5e9);font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Apple SD Gothic Neo","Malgun Gothic","Noto Sans KR",sans-serif}
main{width:min(400px,calc(100vw - 32px))}
.brand{display:flex;gap:8px;align-items:center;font-weight:700}
.card{padding:24px;border:1px solid light-dark(#e2e5ea,#2b3039);border-radius:10px;background:light-dark(#fff,#191c22)}
h1{margin:0;font-size:20px;line-height:1.3}
p{margin:12px 0;overflow-wrap:anywhere}
.quiet{color:light-dark(#5a6372,#a3a9b4);font-size:13px}
.links{display:flex;gap:12px;flex-wrap:wrap;margin-bottom:0}
a{padding:7px 14px;border:1px solid light-dark(#e2e5ea,#3a3f4a);border-radius:7px;color:inherit;text-decoration:none;font-weight:600}
a.main{background:#3f51c7;border-color:#3f51c7;color:#fff}
a:focus-visible{outline:2px solid light-dark(#3f51c7,#93a3e9);outline-offset:2px}`
