// Lambda triggers as plain functions: the event in, the event with its response out.
import { fail } from './fault.ts'
import { isOfShape } from './limits.ts'
import type { Shape } from './shapes.ts'
import type { Client, Pool, Round, User } from './state.ts'

/** What is common to the events of all triggers. */
export interface TriggerEvent<Request, Response> {
  readonly version: string
  readonly triggerSource: string
  readonly region: string
  readonly userPoolId: string
  readonly userName: string
  readonly callerContext: { readonly awsSdkVersion: string; readonly clientId: string }
  readonly request: Request & { readonly userAttributes: Readonly<Record<string, string>> }
  readonly response: Response
}

/** Text by name. */
export type Text = Readonly<Record<string, string>>

/** A Lambda function: gives the event with its response, or changes the one that it got. */
export type Trigger<Request, Response> =
  | ((
      event: TriggerEvent<Request, Response>,
    ) => TriggerEvent<Request, Response> | Promise<TriggerEvent<Request, Response>>)
  | ((event: TriggerEvent<Request, Response>) => void)

/** What a caller may pass along. */
export interface Metadata {
  readonly clientMetadata?: Text | undefined
}

/** The triggers of a pool, in the words of the service's event. A trigger may also change the event. */
export interface Triggers {
  readonly preSignUp?: Trigger<
    Metadata & { readonly validationData?: Text | undefined },
    { autoConfirmUser?: boolean; autoVerifyEmail?: boolean; autoVerifyPhone?: boolean }
  >
  readonly postConfirmation?: Trigger<Metadata, object>
  readonly preAuthentication?: Trigger<
    Metadata & { readonly validationData?: Text | undefined; readonly userNotFound: boolean },
    object
  >
  readonly postAuthentication?: Trigger<Metadata & { readonly newDeviceUsed: boolean }, object>
  readonly preTokenGeneration?: Trigger<
    Metadata & { readonly groupConfiguration: { readonly groupsToOverride: readonly string[] } },
    {
      claimsOverrideDetails?: {
        claimsToAddOrOverride?: Text
        claimsToSuppress?: readonly string[]
        groupOverrideDetails?: { groupsToOverride?: readonly string[] }
      } | null
    }
  >
  readonly defineAuthChallenge?: Trigger<
    Metadata & { readonly session: readonly Round[]; readonly userNotFound: boolean },
    { challengeName?: string; issueTokens?: boolean; failAuthentication?: boolean }
  >
  readonly createAuthChallenge?: Trigger<
    Metadata & {
      readonly challengeName: string
      readonly session: readonly Round[]
      readonly userNotFound: boolean
    },
    {
      publicChallengeParameters?: Text
      privateChallengeParameters?: Text
      challengeMetadata?: string
    }
  >
  readonly verifyAuthChallengeResponse?: Trigger<
    Metadata & {
      readonly privateChallengeParameters: Text
      readonly challengeAnswer: string
      readonly userNotFound: boolean
    },
    { answerCorrect?: boolean }
  >
  readonly customMessage?: Trigger<
    Metadata & { readonly codeParameter: string; readonly usernameParameter: string | null },
    { smsMessage?: string; emailMessage?: string; emailSubject?: string }
  >
  readonly userMigration?: Trigger<
    /** The password of a sign-in; a recovery comes without one. */
    Metadata & {
      readonly password?: string | undefined
      readonly validationData?: Text | undefined
    },
    {
      userAttributes?: Text
      finalUserStatus?: string
      messageAction?: string
      forceAliasCreation?: boolean
    }
  >
}

/** What each of them may answer with, in the manner of the model. */
const responses: Readonly<Record<keyof Triggers, Shape>> = {
  preSignUp: {
    members: 'autoConfirmUser:BooleanType autoVerifyEmail:BooleanType autoVerifyPhone:BooleanType',
  },
  postConfirmation: { members: '' },
  preAuthentication: { members: '' },
  postAuthentication: { members: '' },
  preTokenGeneration: { members: 'claimsOverrideDetails:ClaimsOverride' },
  defineAuthChallenge: {
    members: 'challengeName:StringType issueTokens:BooleanType failAuthentication:BooleanType',
  },
  createAuthChallenge: {
    members:
      'publicChallengeParameters:TextMap privateChallengeParameters:TextMap challengeMetadata:StringType',
  },
  verifyAuthChallengeResponse: { members: 'answerCorrect:BooleanType' },
  customMessage: {
    members: 'smsMessage:StringType emailMessage:StringType emailSubject:StringType',
  },
  userMigration: {
    members:
      'userAttributes:TextMap finalUserStatus:FinalStatus messageAction:StringType forceAliasCreation:BooleanType',
  },
}

const responseShapes: Readonly<Record<string, Shape>> = {
  ...responses,
  ClaimsOverride: {
    members:
      'claimsToAddOrOverride:TextMap claimsToSuppress:TextList groupOverrideDetails:GroupOverride',
  },
  FinalStatus: { oneOf: ['CONFIRMED', 'RESET_REQUIRED'] },
  GroupOverride: { members: 'groupsToOverride:TextList' },
  TextList: { list: 'StringType' },
  TextMap: { map: 'StringType' },
}

/** Whether there is a trigger of this name. */
export const isTriggerName = (name: string): name is keyof Triggers =>
  Object.hasOwn(responses, name)

type RequestOf<Name extends keyof Triggers> = Omit<
  Parameters<NonNullable<Triggers[Name]>>[0]['request'],
  'userAttributes'
>
type ResponseOf<Name extends keyof Triggers> = Parameters<
  NonNullable<Triggers[Name]>
>[0]['response']

/** Whose business it is. */
export interface Occasion {
  readonly pool: Pool
  readonly client: Client | undefined
  readonly username: string
  readonly attributes: ReadonlyMap<string, string>
}

/**
 * Runs a trigger where there is one. What goes in and what comes out are copies, as between a service and
 * a function of another: nothing of the pool's can be changed by it but by its response.
 */
export async function runTrigger<Name extends keyof Triggers>(
  triggers: Triggers,
  name: Name,
  source: string,
  { pool, client, username, attributes }: Occasion,
  request: RequestOf<Name>,
  response: ResponseOf<Name>,
): Promise<ResponseOf<Name>> {
  const trigger = triggers[name] as ((event: TriggerEvent<unknown, unknown>) => unknown) | undefined
  if (!trigger) return response
  const event = sent({
    version: '1',
    triggerSource: source,
    region: pool.region,
    userPoolId: pool.id,
    userName: username,
    callerContext: { awsSdkVersion: 'aws-sdk-unknown-unknown', clientId: client?.id ?? '' },
    request: { ...request, userAttributes: Object.fromEntries(attributes) },
    response,
  }) as TriggerEvent<unknown, unknown>
  let came: unknown
  try {
    came = await trigger(event)
  } catch (error) {
    const label = name[0]!.toUpperCase() + name.slice(1)
    return fail('UserLambdaValidation', `${label} failed with error ${messageOf(error)}.`)
  }
  // A function that gives nothing has changed the event that it got.
  const answered = responseOf(came === undefined ? event : came)
  if (!isOfShape(name, answered, responseShapes))
    return fail('InvalidLambdaResponse', 'Unrecognizable lambda output')
  return answered as ResponseOf<Name>
}

/** A value as it arrives on the other side of a request. */
const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** The response in what a function gave, as far as it can be sent. What is null is as good as not there. */
function responseOf(came: unknown): unknown {
  try {
    const text = JSON.stringify((came as { readonly response?: unknown }).response)
    return JSON.parse(text, (_, member: unknown) => member ?? undefined)
  } catch {
    return undefined
  }
}

/** What a function that failed has to say. */
function messageOf(error: unknown): string {
  const { message = error } = Object(error) as { readonly message?: unknown }
  return Object(message) === message ? typeof message : String(message)
}

/** Attributes as Lambda is told them: with the subject and where the account stands. */
export const attributesFor = (user: User): ReadonlyMap<string, string> =>
  new Map([['sub', user.sub], ['cognito:user_status', user.status], ...user.attributes])
