import { fileURLToPath } from 'node:url'
import js from '@eslint/js'
import compat from 'eslint-plugin-compat'
import esX from 'eslint-plugin-es-x'
import jsdoc from 'eslint-plugin-jsdoc'
import ts from 'typescript-eslint'

const source = ['src/**/*.ts']

export default ts.config(
  { ignores: ['dist/', 'node_modules/', 'reports/', 'test/consumers/*/', '.stryker-tmp/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [ts.configs.strictTypeChecked, ts.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './test/tsconfig.json'],
        tsconfigRootDir: fileURLToPath(new URL('..', import.meta.url)),
      },
    },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      // `noUncheckedIndexedAccess` makes them necessary where an index is known to be good.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Keys of the service's records are written as the compiler wants them.
      '@typescript-eslint/dot-notation': 'off',
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'always' }],
      // A mapped type is no record.
      '@typescript-eslint/consistent-indexed-object-style': 'off',
      // What a caller's signal or listener throws is passed on as it is.
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    // The floor: nothing in the library needs more than these browsers have.
    files: source,
    extends: [compat.configs['flat/recommended'], esX.configs['flat/restrict-to-es2022']],
    plugins: { jsdoc },
    settings: { 'es-x': { aggressive: true } },
    rules: {
      // Above the floor too, and unknown to the two rule sets.
      'no-restricted-properties': [
        'error',
        { object: 'AbortSignal', property: 'any' },
        { object: 'Array', property: 'fromAsync' },
        { object: 'Response', property: 'json' },
        { object: 'URL', property: 'canParse' },
        { object: 'URL', property: 'parse' },
        { property: 'fromBase64' },
        { property: 'fromHex' },
        { property: 'toBase64' },
        { property: 'toHex' },
      ],
      'no-restricted-syntax': ['error', 'VariableDeclaration[kind=/using/]'],
      'jsdoc/require-jsdoc': [
        'error',
        {
          publicOnly: true,
          exemptOverloadedImplementations: true,
          contexts: ['TSInterfaceDeclaration', 'TSTypeAliasDeclaration', 'VariableDeclaration'],
          require: { ClassDeclaration: true, FunctionDeclaration: true, MethodDefinition: true },
        },
      ],
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: { console: true, performance: true, process: true, URL: true } },
  },
)
