/**
 * The contract of what carries a turn to the ChatGPT backend and its answer back. What a turn says is
 * decided before, and what a failure means after it.
 */
import type { JsonObject } from "../../protocol/json.ts";
import type { RequestScope } from "../../scope.ts";
import type { UpstreamCredentials, UpstreamStream } from "../upstream.ts";

export interface Turn {
  /** What the backend is asked. */
  readonly body: JsonObject;
  /** Beside those that say who asks. */
  readonly headers: Readonly<Record<string, string>>;
  /** The same in every turn of a conversation, and never that of another client. */
  readonly sessionId: string;
}

export interface Transport {
  /** As `Upstream.open`; writes what is sent to the transit log. */
  open(turn: Turn, scope: RequestScope): Promise<UpstreamStream>;
}

/** Tells the client what carried its answer, where that was not settled beforehand. */
export const transportHeader = "x-airelays-upstream-transport";

/** Who we say that we are. */
export interface Identity {
  readonly originator: string;
  readonly userAgent: string;
}

/** The headers of every call: whose login it is, and who asks. */
export function callerHeaders(
  { originator, userAgent }: Identity,
  { accessToken, accountId }: UpstreamCredentials,
): Record<string, string> {
  return {
    authorization: `Bearer ${accessToken}`,
    "chatgpt-account-id": accountId,
    originator,
    "user-agent": userAgent,
  };
}
