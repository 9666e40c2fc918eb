/**
 * Who is let in, in this order: Host and Origin, the relay token, the limits. One gate for every
 * request and for every turn of a connection, so that none of them can be forgotten.
 */
import type { IncomingMessage } from "node:http";
import type { Limits } from "../access/limits.ts";
import { isRelayError } from "../errors.ts";
import type { RequestScope } from "../scope.ts";
import type { Authenticate } from "./authenticate.ts";
import { checkSender } from "./guard.ts";
import { type Running, relayStopping } from "./running.ts";

export interface AdmissionDeps {
  /** The configured `server.host`. */
  readonly listenHost: string;
  /** Undefined in open mode. */
  readonly authenticate: Authenticate | undefined;
  readonly limits: Pick<Limits, "admit">;
  readonly running: Pick<Running, "isStopping">;
}

/** Who asks: the request that was sent, the address that counts, and what the asking belongs to. */
export interface Asker {
  readonly req: IncomingMessage;
  readonly client: string;
  readonly scope: RequestScope;
}

export interface AdmissionTerms {
  readonly path: string;
  /** Answered without the relay token. */
  readonly isPublic: boolean;
}

/** Takes a place until the scope closes. Throws RelayError, after a record of the refusal. */
export type Admit = (asker: Asker, terms: AdmissionTerms) => Promise<void>;

export function createAdmission(deps: AdmissionDeps): Admit {
  const { listenHost, authenticate, limits, running } = deps;
  return async (asker, { path, isPublic }) => {
    const { req, client, scope } = asker;
    try {
      checkSender(req.headers, listenHost);
      if (!isPublic) await authenticate?.(req, client);
      if (running.isStopping) throw relayStopping();
      const lease = limits.admit(client);
      scope.onClose(() => lease.release());
    } catch (error) {
      recordRefusal(asker, path, error);
      throw error;
    }
  };
}

function recordRefusal({ req, client, scope }: Asker, path: string, error: unknown): void {
  const reason = isRelayError(error) ? error.code : "internal_error";
  scope.transit.record(
    reason === "invalid_api_key" ? "endpoint_auth_failed" : "endpoint_rejected",
    { method: req.method, path, headers: req.headers, client_ip: client, reason },
  );
}
