// What every bundler is given: run with the endpoint as its argument, it prints the result.
import { AuthError, createAuth, isAuthError } from 'latchkey'
import { createKeyPair } from 'latchkey/srp'
import { scenario } from './scenario.js'

scenario({ AuthError, createAuth, createKeyPair, isAuthError }, process.argv[2]).then((result) => {
  console.log(result)
})
