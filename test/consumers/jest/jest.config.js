export default {
  testEnvironment: 'node',
  // As in the README.
  transform: { '\\.js$': ['babel-jest', { plugins: ['@babel/transform-modules-commonjs'] }] },
  transformIgnorePatterns: ['/node_modules/(?!(\\.pnpm|latchkey|@noble|idb-keyval)/)'],
}
