/**
 * The contract of who answers. Takes the sign-in as an interface, so that no upstream knows how or
 * where a login is stored.
 */
import type { Cancellation } from "../cancellation.ts";
import type { RelayError } from "../errors.ts";
import type { Frame, FrameBatch } from "../protocol/frame.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { ResponsesRequest } from "../protocol/request.ts";
import type { RequestScope } from "../scope.ts";

export interface Model {
  readonly id: string;
  readonly displayName: string | undefined;
  /** Tokens. */
  readonly contextWindow: number | undefined;
  readonly efforts: readonly string[];
  readonly defaultEffort: string | undefined;
  readonly takesImages: boolean;
}

export interface UpstreamStream {
  /** HTTP status that the upstream answered with; always a success. */
  readonly status: number;
  readonly requestId: string | undefined;
  /** What the upstream told of the plan, for the client: response headers by their names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly batches: AsyncIterable<FrameBatch>;
  /** What the failure frames of this upstream mean together. */
  explain(failures: readonly Frame[]): RelayError;
}

export interface Upstream {
  readonly name: string;
  models(signal: Cancellation): Promise<readonly Model[]>;
  /**
   * Rejects with RelayError; ends with the scope's signal, and with the scope at the latest.
   * Discloses what it had to leave out.
   */
  open(request: ResponsesRequest, scope: RequestScope): Promise<UpstreamStream>;
  /** The plan's windows and credits as the upstream reports them. */
  usage(signal: Cancellation): Promise<JsonObject>;
}

/** The part of an upstream that answers a request. */
export type Answering = Pick<Upstream, "open">;

/** What an upstream call needs of the login. */
export interface UpstreamCredentials {
  readonly accessToken: string;
  readonly accountId: string;
}

export interface CredentialSource {
  current(signal?: Cancellation): Promise<UpstreamCredentials>;
  /** Newer credentials than the ones that the upstream refused. */
  refresh(after: UpstreamCredentials, signal?: Cancellation): Promise<UpstreamCredentials>;
}
