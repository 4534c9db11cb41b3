import { hkdfSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { power } from '../../src/srp/group.ts'
import * as srp from '../../src/srp/index.ts'
import { bytesOf, g, hexOf, publicKeyOf, register, sha256, signatureOf } from './reference.ts'

// Sign-ins with an ephemeral key of 1024 bits, on which three other clients and a server agree. Of the
// long numbers the SHA-256 of their hex is written down.

const block = Buffer.concat(Array.from({ length: 4 }, () => sha256('secret-block-0'))).toString(
  'base64',
)

const vectors = [
  // Salt, A, B, u and S all have the top bit set: each gets a zero byte.
  {
    name: 'msb',
    pool: 'AbCdEfGhI',
    user: 'alice',
    password: 'Passw0rd!',
    time: 'Thu Sep 4 03:05:09 UTC 2026',
    salt: 0xdc90cf07de907ccc64636ceddb38e552n,
    a: 0x9ac8ce631ec0184f591e910f03a89c1d05c2787c7d1b63edd20d06571e61763ea936874aa6e547aa43e4813a5a08bdb69a39d02d211156754f04b99514b6b7a99f01c8494065e508eaf589a39fc23375ea19ea215c51d505b39d5471f3670f4ada394f36158c43a7723e37bbdf4f13ff477ae01512147dfbde69afe8d542bfb1n,
    b: 0x15b4c4524f2e065477050515a9527d2f75db4e62774ecf2f1ae941c44d20be8e8a7753fd7b579ab437af8ec67afd67fa517826127cbac82b46d4b0a6c93736b784bd89c757ec15003e1314b32b88fecec9e4c3ae385f48e3c9b9ff32aa18953dab84236cec66e169557740898ac6af7dd9989872166765b218edf92243c65217n,
    x: 0xcf3be569545c6572c5cbe3eca1d4ea59c4ecf59715695a0f0e19f987130ac7e4n,
    u: 0x8c41607f638f8f0b41625def5667a2788650715d98ebddbc59819aae717a19b2n,
    K: '2f4b02bd0b100166c6cf20f50aa3f938',
    signature: 'uwan8odLxtc472XHuk9snaxv/D6mJ3cB5XnxB9T4Oks=',
    digits: { A: 768, B: 768, S: 768 },
    fingerprints: {
      A: 'bce0d0353f295953f7d8ec6f20f324521777a4ba4a7f35f50c50b51fe64b575c',
      B: '20b8d90fd19404380a2a64f260e76ed9e5fce68925ade0d27d8bcafb6a97c86a',
      verifier: '91ec607f56085a23dfdf1956d9551d837272b6a6b9f3eba0892294951209e6da',
      S: '87a8ed34becb47a81a04a49db36953633df2d2a09e794db524d0c451bb7a2073',
    },
  },
  // A salt of 31 digits, an odd A and B, an S of 383 bytes: whole bytes, but not filled to 384.
  {
    name: 'short',
    pool: 'AbCdEfGhI',
    user: '6f1c0f2e-50a1-7031-9b0a-0c7f6d2f8a11',
    password: 'hunter2 hunter2',
    time: 'Thu Sep 4 03:05:09 UTC 2026',
    salt: 0xbc4579ae2b3ab293213f42bb852706en,
    a: 0x89a4d433f35fdee01113857922415db77cb15482ea2617da2d92bdba248ca7f518e499af8ef21b2f3f8c9a7ce6c3da5b3f26da031506f4535b015e28180a9f9e3a21a21d8a82738639390faf3d9ebd66c65d8b9b18b0cabd646cfc4cdcd99d710e6ead254b39de23958eb9657795ca6f1e64c82d82f45c9d7e37033f5a619707n,
    b: 0xfc372f4bcfdb5da8e93b249ea89adb72fce04c3481af9fbfd04b0a0684e69c74aabdde93217e2791543abd3c25f06ad97ef24fd6168101bb6f960fb23c008c47aae6b47b2b56a475dcefe83f3e7448040c45c9a1090be363d09cfadc5f483254ee9026872f4e061ad751c4203753ac48c6b74426aa01a1d61cab86a4f305012n,
    x: 0x949ff30b42b0b1d4fa8b98a0a4cf5ea9017f54739e754b8f26b9ebbf70b803f0n,
    u: 0xc95debe2190512077ca1b6acce8cc3dc98ac9c8b96c257ff10f1d2de31470754n,
    K: '350062e8173662d9a9f08271e2b4c8d8',
    signature: 'Ugf+BRmvypYo/bZUPFncPAcyEB+RwHY41XDbhufrPgM=',
    digits: { A: 767, B: 767, S: 766 },
    fingerprints: {
      A: 'bddab5fe406a26e0b6df1b80b2bf073f1715320b84e2eadc05cdcaf5221008e1',
      B: '11c44e3c340da956e41edbc37b5893f7da1d9f8b48c620975e162a75a7c3a0c0',
      verifier: '36c4afeb6d92f3a5ea67373d55a1ddec90b52b6529602d898dd03186e7ddd5b6',
      S: '5cb981a265066a749a1d36163c843972bab69038f5abd3c5a37b724f5b375a9b',
    },
  },
  // A name and a password outside of ASCII.
  {
    name: 'utf8',
    pool: '9zZx1',
    user: 'josé',
    password: 'pässwörd✓ 1',
    time: 'Fri Jan 30 23:59:59 UTC 2026',
    salt: 0xabc94605db36d4152547f907eef8200an,
    a: 0xa1e14507ce2117b07623bc4f7e34e490af545ab28bebfeef3d82195dd8192466c851b140a381259f6d8288b4b1ffe3f89e29cd92361142c3a1edc9dd5723ab677282fd03d6203bdb87fe0fe588a7a4ea6f03def38b961de455a3e3a7d918759f7c56bab7252522e1956e9279728dc0e9017436dae6a5d9b5b1fa267144ec7d85n,
    b: 0xfdd295cf1dc69658adb1c1cdccbf459898ad8b869a79fd2fa15df20ad8abfd931c6391ac39795e7ed07e3b6bcdbf36c2210d9014dfe5deb048c14b507ab685c160561e160f8e786c0c4e848fa68ee8a72e4838d45971583d05a1d90263563253799dfe9c0e863201fec6216563b1daec336d2bd4458814654890bdb3282e1aan,
    x: 0xf3153250fbedd544512613b57c202cacde1a6808e51979141e9b1d66f123e5d0n,
    u: 0x519a4e71acc9028d5270be4c28d465cf5ffc1872b47068324d596534f1f7a56dn,
    K: 'eacbbd8ae80d97f20764eb425a239ff2',
    signature: '0iQyOhj2P5MSpuq9ueQN8ZIknQw5az9DqpWDrHe38N0=',
    digits: { A: 768, B: 768, S: 767 },
    fingerprints: {
      A: '0750b36d495507839324d1d80ebc6eb2ac1c00a06120841976f93769d8f683d6',
      B: '6445185ce7c0c113b6a0689ffd24b3ad4fca8739b23345ae70ce4d1dc89bdb69',
      verifier: '7b1b8b2a3719d2480751347c48d68310e3609ce9cf7e09facf60be53fe02e9be',
      S: '7b73afac3f712bb1f3d7ebd037c21ab7fc12aa5f083bac21b2722f9646483398',
    },
  },
  // A device: its group for a pool, its key for a user.
  {
    name: 'device',
    pool: '-v7w9UcY6',
    user: 'us-west-2_11111111-2222-4333-8444-555555555555',
    password: '7yYOmqPGc68kDReiZgSANhqOCB0f/soqXtDjIZ/BhWdMsLJQxiUNUg==',
    time: 'Thu Sep 4 03:05:09 UTC 2026',
    salt: 0xeb578219ca8ace2e747ea9201c0dcf3bn,
    a: 0x1ed33bb39c2461590c45ba0a93b79288cfed2d59f85af28f8496c4058f942899dd91d95dfebbf591fbc4c488d1fa7f8d88c22138ee4644a74ad08bce918a48df17f85c32c38c3412c3ab999437e30ca18a6e0d009472d1a64e0cba406cb5d1b02489d4553cb598804129c349cf682480d4bd1ddf21ecf57446315ae76395801n,
    b: 0x453a09266768ba2828397429297554248e6de30298568531e33cb04fb8508b54846f9b770f429e101b6e65e866a4e1747c4f3bc9e2f2cb9f719525a870928b48d898404e8e4d6e4c5417ac4be6db72b503641d2ee4a0a891308f4979a28db898e050d18bfc1671cd73253c72ae5c2a5edfab5b404a6ef79c40af328d05f0412cn,
    x: 0x765a48f9e479b6f62b3e979a5af03497e93519a57827a53191271f02ac46e78bn,
    u: 0xb0ba2a51e39fadfaf9484793e9686769a6ac4e8fe3141d08254b8a57b9895f91n,
    K: '40327619344decf767c1d95494457a7d',
    signature: '/EbyP5G8KNwxTzfUwxCG29VThGAnG0EoCO2lbk+e6tU=',
    digits: { A: 768, B: 768, S: 768 },
    fingerprints: {
      A: 'c9eb64f2e28af924625131ac9ebbd3d6c88df2a446c79a039c1e354143a6e7a3',
      B: '9763aa1445c991a0d32460cf57e5a6fca2a07f5a6387eb0778d41fbd1ac864b3',
      verifier: '350d40e4d87b6496f5a6a8796da288c89c3a75a61c7603cdbea34ddf1aa8dc12',
      S: 'a0db262ad1e289c99b72c5863ab9c0ee18eb4d2dfb7379a4f70ae1de4a062180',
    },
  },
  // The hash that is u begins with 00 and a byte below 80: 31 bytes in the key's derivation.
  {
    name: 'ushort',
    pool: 'AbCdEfGhI',
    user: 'alice',
    password: 'Passw0rd!',
    time: 'Thu Sep 4 03:05:09 UTC 2026',
    salt: 0x4d4efc6ae0d270fd4816cceea255e959n,
    a: 0xf0573b454744a26f9b69ff9f937296d099b84699ca056476af7b6cd08e0421ca950ca400a33d7e0c191966760cb88126866b535067be53000591f311f6b6497a74534f93b76860af8da8851785ea642808ea407ff5bf786cbf1093ff744b500ee51cbd6e48a836e495e12e1eb10e69827329eab522b345cf9fb0f75b758fdc41n,
    b: 0xf0df0e533b7d826806130d4ad7fd074b4d5173b5d1a86a362515b4926fdebc578d64fc2e5c0f8773534d4d43e72cfbd672517a7d385d71742995f5d7ea7027895b539a22978ca7928b48d042de9befb3de6bc06b0b31aec9bf6ca9eda6691301b2f50b1ef0a0a6335974c1056a01ee2e17653a0dd9aa24cd087dedc930f704fdn,
    x: 0x57c338d747e5e4d723b9daa14f4c278b4ad60847744fb1a3ea2866698397a75cn,
    u: 0x1f05325b6f8a447ec5960e751e8f2ae788b63a70d920a36bb09d6b5d608bacn,
    K: '0ffb9abe2d8c24fcd47e8277e9674707',
    signature: 'bjK5oYlqqa1tKrx3mt9FTt0HZPOucZc2lyLbWAmq864=',
    digits: { A: 768, B: 768, S: 768 },
    fingerprints: {
      A: '3d3fc44d20c984ec6ee1de09f2cdcb58952fe3812cb0d115c0f389e19da3c11d',
      B: '7dddeab6100d3bef12a82a4155ee944a7e82dbea2307954d86b14e94e989a743',
      verifier: '4d8dd3b5b9fc4deae580cf37142e3b40e4f06c82552dc34e377b79a8f6fc80a0',
      S: '71416b20123cd7b400708b1b7a4483c2dd83ef2d36c1a63be51035a921da1d4d',
    },
  },
] as const

/** The fourth of September 2026 is a Friday: no moment has the text of three of them. */
const moment = (time: string): number =>
  Date.parse(time.replace(/^\w+ (.*) (UTC) (.*)$/, '$1 $3 $2'))

const fingerprint = (number: bigint): string => sha256(hexOf(number)).toString('hex')

describe.each(vectors)('the sign-in "$name"', (vector) => {
  const { user, password, salt, a, b, x, u, K, digits, fingerprints } = vector
  const account = register(vector, password, salt)
  const B = publicKeyOf(account, b)
  const keys = () => srp.createKeyPair(bytesOf(a))

  test('is of the published service', () => {
    expect(hexOf(B)).toHaveLength(digits.B)
    expect(fingerprint(B)).toBe(fingerprints.B)
    expect(fingerprint(account.verifier)).toBe(fingerprints.verifier)
  })

  test('has the public key', async () => {
    const { publicKey } = await keys()
    expect(publicKey).toHaveLength(digits.A)
    expect(sha256(publicKey).toString('hex')).toBe(fingerprints.A)
  })

  test('has the scrambler', async () => {
    const { publicKey } = await keys()
    expect(srp.scrambler(BigInt(`0x${publicKey}`), B)).toBe(u)
  })

  test('has the private key and the verifier', () => {
    expect(srp.privateKey(vector.pool, user, password, salt)).toBe(x)
    expect(fingerprint(power(g, x))).toBe(fingerprints.verifier)
  })

  test('has the secret and the key', async () => {
    const S = await srp.sharedSecret({ a, B, u, x })
    expect(hexOf(S)).toHaveLength(digits.S)
    expect(fingerprint(S)).toBe(fingerprints.S)
    expect(Buffer.from(srp.sessionKey(S, u)).toString('hex')).toBe(K)
  })

  test('has the signature', async () => {
    const now = moment(vector.time)
    const challenge = { SALT: hexOf(salt), SRP_B: hexOf(B), SECRET_BLOCK: block }
    const proof = { keyPair: await keys(), now }
    const claim =
      vector.name === 'device'
        ? await srp.deviceClaim({
            ...proof,
            challenge,
            device: { key: user, groupKey: vector.pool, password },
            username: 'alice',
          })
        : await srp.passwordClaim({
            ...proof,
            challenge: { ...challenge, USER_ID_FOR_SRP: user },
            userPoolId: `us-east-1_${vector.pool}`,
            password,
          })
    const key = Buffer.from(K, 'hex')
    expect(signatureOf(key, vector, block, vector.time)).toBe(vector.signature)
    expect(claim.TIMESTAMP).toBe(vector.time.replace('Thu', 'Fri'))
    expect(claim.PASSWORD_CLAIM_SIGNATURE).toBe(signatureOf(key, vector, block, claim.TIMESTAMP))
    expect(claim.PASSWORD_CLAIM_SECRET_BLOCK).toBe(block)
  })
})

test('the signature of "utf8", whose moment there is, is the published one', async () => {
  const vector = vectors.find(({ name }) => name === 'utf8')!
  const { pool, user, password, salt, a, b } = vector
  const { PASSWORD_CLAIM_SIGNATURE, TIMESTAMP } = await srp.passwordClaim({
    keyPair: await srp.createKeyPair(bytesOf(a)),
    challenge: {
      USER_ID_FOR_SRP: user,
      SALT: hexOf(salt),
      SRP_B: hexOf(publicKeyOf(register(vector, password, salt), b)),
      SECRET_BLOCK: block,
    },
    now: moment(vector.time),
    userPoolId: `us-east-1_${pool}`,
    password,
  })
  expect(TIMESTAMP).toBe(vector.time)
  expect(PASSWORD_CLAIM_SIGNATURE).toBe(vector.signature)
})

test('the verifier of "device" is told as published', async () => {
  const { pool, user, password, salt } = vectors.find(({ name }) => name === 'device')!
  const { device, verifier } = await srp.newDevice({
    metadata: { DeviceKey: user, DeviceGroupKey: pool },
    secret: Buffer.from(password, 'base64'),
    salt: bytesOf(salt).subarray(1),
  })
  expect(device).toEqual({ key: user, groupKey: pool, password })
  expect(verifier.Salt).toBe('AOtXghnKis4udH6pIBwNzzs=')
  expect(verifier.PasswordVerifier).toHaveLength(512)
  expect(verifier.PasswordVerifier).toMatch(/^FE\/hdmgeC19gfUAVDOeUXw\+T/)
  expect(sha256(verifier.PasswordVerifier).toString('hex')).toBe(
    '3e4654cbb355658af6903776ab74c59255f6ddd8ad93c7042983dca3736bf60e',
  )
})

test('the key of "ushort" is another one to those who take the hash of u as it is', async () => {
  const { pool, user, password, salt, a, b, u, x, K } = vectors.find(
    ({ name }) => name === 'ushort',
  )!
  const B = publicKeyOf(register({ pool, user }, password, salt), b)
  const S = bytesOf(await srp.sharedSecret({ a, B, u, x }))
  const derived = (salt: Uint8Array): string =>
    Buffer.from(hkdfSync('sha256', S, salt, 'Caldera Derived Key', 16)).toString('hex')
  expect(bytesOf(u)).toHaveLength(31)
  expect(derived(bytesOf(u))).toBe(K)
  expect(derived(Buffer.concat([Buffer.of(0), bytesOf(u)]))).toBe(
    'e42a145e4caca32c05f7056b76b14b30',
  )
})

// From the unit tests of amplify-android.
test('the sign-in "android"', async () => {
  const a =
    0x872051601f16d75f35be6d4dfe761879f1cb0e03346b3f5d5a0e56af244c43f25a10a56216a41ff3e223acf2d29bc6824f464987dbb0983f116e924be81b63f66c27c49b165de3bcc32383241b7e8d955480495549d727e0570d8d3c494198a425d481d6859c1388dfebf2aa42a48a68a5523cb064960061ea818b2335f7fa91n
  const B =
    0xe05d0716c6f6bf2b96e4b08354015be28024b4bc9a022c3c7553b86a5feffe8ee0ae87ae8ebb970b9457ed56ef0f5249fad4b99235912c2445a803ff9c9412cb39bd860bcca12868c8e813404435f3621a2fa033270f053e15b7d2ec0617e40cafff3fef4d5be716821b389e5338c45ac2d65b292a4739dec8d05ae7feaca6a46d56624c753b705bbc78071ef5c47152c46d7c79b52e4f1de3a15ed68923b0f8b08cd4d6b9d358282e219ccfff37ac143b9c7283b859187f57ca445129aeef0517c394a363ed83ca65b11a7ede22b96b7e0ff43dd5f58248dbf16c47fad319a23c15ed27c47c765841cb6474eda7a8d44a65c7242d9ff7afc6fc37d03b43c9c6279d88248120908c4ecdfb84a6e42344cf1a57f976ef036a1eb7a64067eff195855735d4010ca33831bded8b40b5e60a61f19900f928353203adacab71948ef3bcd3540bf926fee5578a00f039bb5c60d10e446a55c9d9620257e05418523afe02e1bc3f3f00c8a43841248094c8806d38f4207679170126f449a62006b42bf0n
  const A = BigInt(`0x${(await srp.createKeyPair(bytesOf(a))).publicKey}`)
  const u = srp.scrambler(A, B)
  expect(u).toBe(55210528188551933294168660600273656944094602294020021251326310004904436019280n)
  const x = srp.privateKey(
    ...(['KO6fcefgd', 'username', 'Password123'] as const),
    0xe7dc204cebbfda6b62b8493e932f7f4cn,
  )
  expect(x).toBe(35002972281322559225995282163712515452164094971035196098842264315967202596678n)
  const K = srp.sessionKey(await srp.sharedSecret({ a, B, u, x }), u)
  expect(Buffer.from(K).toString('base64')).toBe('a0z8GrRyu6bvL/ABfYRAuw==')
})
