import type { S3Client } from '@aws-sdk/client-s3'
import { type FileStore, pathOfKey } from './files.ts'

/** A place in an S3-compatible store. The prefix has no slash at its ends; without an endpoint it is AWS. */
export type S3Place = {
  readonly bucket: string
  readonly prefix: string
  readonly endpoint: string | undefined
  readonly region: string
  readonly pathStyle: boolean
}

/** A place in an S3-compatible store, and the key to it. */
export type S3Options = S3Place & {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** The most milliseconds of one attempt; a call with all its attempts takes at most twice that. */
  readonly attemptMs?: number
}

const ATTEMPTS = 3
const ATTEMPT_MS = 20_000
const CONNECT_MS = 3_000

/** Reads `s3://bucket/prefix?endpoint=...&region=...&path_style=1`; a text says what is wrong with it. */
export function readS3Url(text: string): S3Place | string {
  const url = URL.parse(text)
  if (url?.protocol !== 's3:') return 'must begin with s3://'
  if (url.username || url.password || url.port || url.hash) return 'must be a bucket, a prefix and settings only; the key goes elsewhere'
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(url.hostname)) return 'must name a bucket'
  const prefix = url.pathname.replaceAll(/^\/+|\/+$/g, '')
  if (!/^[\w.-]*(\/[\w.-]+)*$/.test(prefix)) return 'has a prefix with other signs than letters, digits, "/", ".", "_" and "-"'
  const settings = Object.fromEntries(url.searchParams)
  const { endpoint, region = 'us-east-1', path_style: pathStyle = '0', ...others } = settings
  const unknown = Object.keys(others)
  if (unknown.length > 0 || url.searchParams.size !== Object.keys(settings).length)
    return 'takes endpoint, region and path_style, each once'
  if (!/^[a-z0-9-]{1,40}$/.test(region)) return 'has a region that is not a name'
  if (pathStyle !== '0' && pathStyle !== '1') return 'has a path_style other than 0 or 1'
  if (endpoint !== undefined && !isOrigin(endpoint)) return 'has an endpoint that is not an origin: scheme, host and port only'
  return { bucket: url.hostname, prefix, endpoint, region, pathStyle: pathStyle === '1' }
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === text.replace(/\/$/, '')
}

/**
 * Files in a bucket of an S3-compatible store, which keeps an object durably before it answers. Failed attempts are
 * repeated, twice at most; what is thrown then names the operation and the store's answer, and holds no key or address.
 */
export function s3Files(options: S3Options): FileStore {
  const attemptMs = options.attemptMs ?? ATTEMPT_MS
  let opened: ReturnType<typeof open> | null = null
  const within = (): { abortSignal: AbortSignal } => ({ abortSignal: AbortSignal.timeout(attemptMs * 2) })
  const at = (key: string): { Bucket: string; Key: string } => ({
    Bucket: options.bucket,
    Key: options.prefix === '' ? pathOfKey(key) : `${options.prefix}/${pathOfKey(key)}`,
  })
  return {
    async put(key, bytes) {
      const place = at(key)
      const { client, sdk } = await (opened ??= open(options, attemptMs))
      await client.send(new sdk.PutObjectCommand({ ...place, Body: bytes, ContentLength: bytes.byteLength }), within()).catch(fail('put'))
    },
    async get(key) {
      const place = at(key)
      const { client, sdk } = await (opened ??= open(options, attemptMs))
      try {
        const { Body: body } = await client.send(new sdk.GetObjectCommand(place), within())
        return body ? await body.transformToByteArray() : new Uint8Array()
      } catch (error) {
        if (isAbsence(error)) return null
        return fail('get')(error)
      }
    },
    async remove(key) {
      const place = at(key)
      const { client, sdk } = await (opened ??= open(options, attemptMs))
      await client.send(new sdk.DeleteObjectCommand(place), within()).catch((error: unknown) => {
        if (!isAbsence(error)) fail('remove')(error)
      })
    },
  }
}

/** Loaded with the first file: most deployments have no bucket, and the library takes time and memory. */
async function open(options: S3Options, attemptMs: number): Promise<{ client: S3Client; sdk: typeof import('@aws-sdk/client-s3') }> {
  const sdk = await import('@aws-sdk/client-s3')
  const client = new sdk.S3Client({
    region: options.region,
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    forcePathStyle: options.pathStyle,
    credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey },
    maxAttempts: ATTEMPTS,
    requestHandler: {
      connectionTimeout: Math.min(CONNECT_MS, attemptMs),
      requestTimeout: attemptMs,
      throwOnRequestTimeout: true,
    },
    // the signed hash of the content guards it; checksums in trailers are refused by many stores that are not AWS
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // all that the library would else read from the environment and from files of the machine
    retryMode: 'standard',
    defaultsMode: 'standard',
    ignoreConfiguredEndpointUrls: true,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    useArnRegion: false,
    disableMultiregionAccessPoints: true,
    disableS3ExpressSessionAuth: true,
    userAgentAppId: 'stoa',
  })
  return { client, sdk }
}

type Answer = { name: string; status: number | undefined }

/** The store's own words are not passed on: in refusals they repeat the key's name and what was signed. */
function answerOf(error: unknown): Answer {
  const { name, code, $metadata } = error as { name?: unknown; code?: unknown; $metadata?: { httpStatusCode?: number } }
  const word = typeof code === 'string' && /^E[A-Z_]{1,40}$/.test(code) ? code : name
  return { name: typeof word === 'string' && /^\w{1,60}$/.test(word) ? word : 'Error', status: $metadata?.httpStatusCode }
}

/** Whether the store itself says that there is no such file: a missing bucket, or a web server's 404, is a wrong setting. */
function isAbsence(error: unknown): boolean {
  const { name, status } = answerOf(error)
  return status === 404 && name === 'NoSuchKey'
}

function fail(operation: keyof FileStore): (error: unknown) => never {
  return (error) => {
    const { name, status } = answerOf(error)
    throw new Error(`the file store could not ${operation}: ${name}${status === undefined ? '' : ` (${status})`}`)
  }
}
