console.log(
  'latchkey: the demo is still to come. It will open a sign-in page on a user pool in memory.',
)
