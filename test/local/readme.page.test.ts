// @vitest-environment happy-dom
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test, vi } from 'vitest'
import * as latchkey from '../../src/index.ts'
import type { Auth, ChallengeOutput } from '../../src/index.ts'
import * as local from '../../src/local/index.ts'
import type { LocalPool } from '../../src/local/index.ts'
import { createKeyPair, passwordClaim } from '../../src/srp/index.ts'

// The README's test of a sign-in form, as it stands there, with a form such as an app has.

/** As much of the page as the form uses: this project is compiled without the DOM's types. */
interface Element {
  innerHTML: string
  readonly textContent: string
  value: string
  querySelector(selector: string): Element | null
  replaceChildren(...elements: Element[]): void
  addEventListener(type: 'submit', then: (event: { preventDefault(): void }) => void): void
}
const { document } = globalThis as unknown as {
  document: { readonly body: Element; createElement(name: string): Element }
}

/** A form that asks for a password, then for the code, and says what went wrong. */
function signInForm(auth: Auth, userPoolId: string): Element {
  const form = document.createElement('form')
  document.body.replaceChildren(form)
  const showing = (fields: string, words: string) => {
    form.innerHTML = `${fields}<output>${words}</output>`
  }
  showing('<input name="username"><input name="password" type="password">', '')
  const valueOf = (name: string) => form.querySelector(`[name=${name}]`)!.value
  let asked: ChallengeOutput | undefined
  let username = ''

  const begin = async () => {
    username = valueOf('username')
    const password = valueOf('password')
    const keyPair = await createKeyPair(crypto.getRandomValues(new Uint8Array(40)))
    const { ChallengeParameters: challenge } = await auth.call('InitiateAuth', {
      AuthFlow: 'USER_SRP_AUTH',
      AuthParameters: { USERNAME: username, SRP_A: keyPair.publicKey },
    })
    const claim = { keyPair, challenge, userPoolId, password, now: auth.now() }
    asked = await auth.call('RespondToAuthChallenge', {
      ChallengeName: 'PASSWORD_VERIFIER',
      ChallengeResponses: await passwordClaim(claim),
    })
    showing('<input name="code">', 'Your code')
  }
  const finish = async () => {
    await auth.call('RespondToAuthChallenge', {
      ChallengeName: 'SMS_MFA',
      ChallengeResponses: { USERNAME: username, SMS_MFA_CODE: valueOf('code') },
      Session: asked!.Session,
    })
    showing('', 'Signed in')
  }
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    ;(asked ? finish() : begin()).catch((error: unknown) => {
      const isLost = latchkey.isAuthError(error) && error.code === 'unreachable'
      const words = isLost ? 'We could not reach the service. Try again.' : 'That did not work.'
      form.querySelector('output')!.innerHTML = words
    })
  })
  return form
}

const find = (text: string) =>
  vi.waitFor(() => {
    expect(document.body.textContent).toContain(text)
  })

test('the README’s test of a sign-in form does what it says', async () => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!)
  const [example] = blocks.filter((code) => code.includes('testSignIn'))
  const { outputText } = ts.transpileModule(example!, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  })
  const pools: LocalPool[] = []
  const modules: Readonly<Record<string, object>> = {
    latchkey,
    'latchkey/local': {
      ...local,
      createLocalPool: (options: local.LocalPoolOptions) => {
        const pool = local.createLocalPool(options)
        pools.push(pool)
        return pool
      },
    },
  }
  const names = ['require', 'exports', 'signInForm', 'find']
  // The words of the README are ours.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const load = new Function(...names, `${outputText}; return testSignIn`) as (
    ...given: unknown[]
  ) => () => Promise<void>
  const form = (auth: Auth) => signInForm(auth, pools[0]!.userPoolId)
  const testSignIn = load((name: string) => modules[name], {}, form, find)
  await testSignIn()
  expect(pools[0]!.requests.map(({ operation, status }) => [operation, status])).toEqual([
    ['InitiateAuth', 200],
    ['RespondToAuthChallenge', 200],
    ['RespondToAuthChallenge', 'lost'],
  ])
  // The train comes out again.
  const again = document.body.querySelector('form') as unknown as { requestSubmit(): void }
  again.requestSubmit()
  await find('Signed in')
})
