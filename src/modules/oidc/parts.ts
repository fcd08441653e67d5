import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Platform } from '../../platform/platform.ts'
import type { Pages } from '../../ui/index.ts'

/** What the module works with. */
export type OidcParts = { readonly platform: Platform; readonly pages: Pages }

/** A provider with the keys of its time, and what answers for it. */
export type Running = {
  readonly provider: Provider
  /** Answers a request below `/oidc`; resolves when it is answered. */
  readonly answer: (req: IncomingMessage, res: ServerResponse) => Promise<void>
}

/** The provider of this process. */
export type Providers = {
  /** The provider with the published keys: the library is loaded and the provider made with the first call, and made anew when keys changed. */
  current(): Promise<Running>
  /** Says whose a raw request is, before it is answered. */
  introduce(request: FastifyRequest): void
  /** Lets the library write in the caller's transaction. */
  within<T>(tx: Platform, work: () => Promise<T>): Promise<T>
}

/** What a page of the provider is drawn and acted on with. */
export type Place = OidcParts & { readonly requestOf: (ctx: KoaContextWithOIDC) => FastifyRequest }
