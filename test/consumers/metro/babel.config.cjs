const { LATCHKEY_PROFILE } = process.env

module.exports = {
  presets: [['@react-native/babel-preset', { unstable_transformProfile: LATCHKEY_PROFILE }]],
}
