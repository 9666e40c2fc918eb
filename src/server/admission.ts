/**
 * Who is let in, in this order: Host and Origin, the relay token, the limits. One gate for every
 * request and for every turn of a connection, so that none of them can be forgotten.
 */
import type { Limits } from "../access/limits.ts";
import type { RelayError } from "../errors.ts";
import type { Headers } from "../pipeline/answer-headers.ts";
import type { Authenticate } from "./authenticate.ts";
import type { Cors } from "./cors.ts";
import type { CheckSender } from "./guard.ts";
import type { Asker, RecordRefusal } from "./refusals.ts";
import { type Running, relayStopping } from "./running.ts";

export interface AdmissionDeps {
  readonly checkSender: CheckSender;
  readonly cors: Pick<Cors, "preflight">;
  /** Undefined in open mode. */
  readonly authenticate: Authenticate | undefined;
  readonly limits: Pick<Limits, "admit">;
  readonly running: Pick<Running, "isStopping">;
  readonly recordRefusal: RecordRefusal;
}

export interface AdmissionTerms {
  readonly path: string;
  /** Answered without the relay token. */
  readonly isPublic: boolean;
}

export interface Admission {
  /** Takes a place until the scope closes. Throws RelayError, after a record of the refusal. */
  admit(asker: Asker, terms: AdmissionTerms): Promise<void>;
  /**
   * The answer to a browser that asks for a listed page before it sends, with neither token nor
   * place; undefined for any other request. Throws as `admit` does.
   */
  preflight(asker: Asker, path: string): Headers | undefined;
  /** Throws the error, after a record of it. */
  refuse(asker: Asker, path: string, error: RelayError): never;
}

export function createAdmission(deps: AdmissionDeps): Admission {
  const { checkSender, cors, authenticate, limits, running, recordRefusal } = deps;
  const refuse = (asker: Asker, path: string, error: unknown): never => {
    recordRefusal(asker, path, error);
    throw error;
  };
  return {
    refuse,
    async admit(asker, { path, isPublic }) {
      const { req, client, scope } = asker;
      try {
        checkSender(req);
        if (!isPublic) await authenticate?.(req, client);
        if (running.isStopping) throw relayStopping();
        const lease = limits.admit(...countedAs(asker, isPublic));
        scope.onClose(() => lease.release());
      } catch (error) {
        refuse(asker, path, error);
      }
    },
    preflight(asker, path) {
      const headers = cors.preflight(asker.req);
      if (headers === undefined) return undefined;
      try {
        checkSender(asker.req);
        return headers;
      } catch (error) {
        return refuse(asker, path, error);
      }
    },
  };
}

/**
 * Whom a request counts for: its address, and its token, which was looked at by then. What needs no
 * token counts apart: nobody without it may use up the requests of those who have it.
 */
function countedAs({ client, scope }: Asker, isPublic: boolean): readonly string[] {
  if (isPublic) return [`public ${client}`];
  const { token } = scope.client;
  return token === undefined ? [`address ${client}`] : [`address ${client}`, `token ${token}`];
}
