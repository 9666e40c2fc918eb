/**
 * One request on a connection and its answer: a request like any other, with its own id, admission,
 * place and entry in the log. Knows how an answer leaves, and nothing of the order of requests.
 */
import type { IncomingMessage } from "node:http";
import { type RelayError, toldEndOf, toRelayError } from "../../errors.ts";
import type { ClientEvent, SocketFacade } from "../../facades/facade.ts";
import type { Headers } from "../../pipeline/answer-headers.ts";
import type { Generate } from "../../pipeline/generate.ts";
import type { RequestScope } from "../../scope.ts";
import { warmUp } from "../../upstreams/warm-up.ts";
import type { Admission } from "../admission.ts";
import { clientIdentity } from "../client.ts";
import { errorHeaders } from "../exchange.ts";
import { type Ending, type Ledger, type LedgerDeps, openLedger } from "../ledger.ts";
import type { SocketBounds } from "./bounds.ts";
import type { TurnChain } from "./chain.ts";
import type { SocketPort } from "./port.ts";
import { createSocketSink } from "./socket-sink.ts";

/** What a connection came with. */
export interface Caller {
  readonly req: IncomingMessage;
  readonly path: string;
  /** The address that counts for limits. */
  readonly client: string;
  /** The id of the request that opened the connection. */
  readonly connectionId: string;
  readonly allowTools: boolean;
}

export interface TurnDeps extends LedgerDeps {
  readonly facade: SocketFacade;
  readonly generate: Generate;
  readonly admit: Admission["admit"];
  readonly bounds: SocketBounds;
}

export interface Turns {
  /** Answers the request, and tells what went wrong; resolves when that is over. */
  answer(event: ClientEvent, chain: TurnChain): Promise<void>;
  /** Answers a frame with an error. It counts like a request: a flood of them must not be free. */
  refuse(error: RelayError, event?: ClientEvent): Promise<void>;
  /** Tells what no frame asked for. */
  notify(error: RelayError): void;
}

export function createTurns(
  deps: TurnDeps,
  caller: Caller,
  port: SocketPort,
  /** Told of each scope when it opens; it is the caller's to abort. */
  onScope: (scope: RequestScope) => void,
): Turns {
  const { facade, bounds } = deps;

  const open = (event: ClientEvent | undefined): Ledger => {
    const ledger = openLedger(deps, clientIdentity(caller.req));
    const { path, client, connectionId } = caller;
    ledger.scope.transit.record("inbound_request", {
      method: "WEBSOCKET",
      path,
      connection_id: connectionId,
      client_ip: client,
    });
    if (event !== undefined) {
      const { body, isWarmUp, lane = null } = event;
      ledger.scope.transit.record("inbound_body", { body, is_warm_up: isWarmUp, lane });
    }
    return ledger;
  };

  const run = async (
    { scope, begin }: Ledger,
    event: ClientEvent,
    chain: TurnChain,
  ): Promise<Ending> => {
    const outcome = await deps.generate(facade, event.body, scope, {
      allowTools: caller.allowTools,
      chain,
      ...(event.isWarmUp ? { upstream: warmUp } : {}),
    });
    if (outcome.kind !== "stream") throw new Error("A facade for sockets streams every answer.");
    const first = { airelays: { headers: toldHeaders(outcome.headers, scope) } };
    const { signal } = scope;
    begin();
    const sink = createSocketSink({ port, echo: event.echo, first, signal, bounds });
    return { status: 200, ...(await outcome.send(sink)) };
  };

  const told = (
    { scope, begin }: Ledger,
    error: RelayError,
    event: ClientEvent | undefined,
  ): Ending => {
    begin();
    const headers = toldHeaders({ ...errorHeaders(error) }, scope);
    const body = { ...event?.echo, ...facade.errorEvent(error, headers) };
    // A client that asks on and on and reads nothing is not worth the memory.
    if (port.bufferedBytes > bounds.highWaterBytes * 4) port.terminate();
    else port.send([deps.withoutSecrets(JSON.stringify(body))]);
    return { status: error.status, outcome: "rejected", body, error };
  };

  const perform = async (
    event: ClientEvent | undefined,
    work: (ledger: Ledger) => Promise<Ending>,
  ): Promise<Ending> => {
    const ledger = open(event);
    const { scope } = ledger;
    onScope(scope);
    let ending: Ending;
    try {
      const { req, client, path } = caller;
      await deps.admit({ req, client, scope }, { path, isPublic: false });
      ending = await work(ledger);
    } catch (cause) {
      const end = toldEndOf(scope.signal);
      ending =
        scope.signal.aborted && end === undefined
          ? { status: 499, outcome: "client_gone" }
          : told(ledger, end ?? toRelayError(cause), event);
    }
    ledger.conclude(ending);
    return ending;
  };

  return {
    async answer(event, chain) {
      const { outcome } = await perform(event, (ledger) => run(ledger, event, chain));
      if (outcome !== "completed") chain.fail();
    },
    async refuse(error, event) {
      await perform(event, () => Promise.reject(error));
    },
    notify(error) {
      const ledger = open(undefined);
      ledger.conclude(told(ledger, error, undefined));
    },
  };
}

/** What HTTP would say in headers, but for what is about HTTP. */
function toldHeaders(headers: Headers, { id }: RequestScope): Headers {
  const {
    "content-type": _type,
    "www-authenticate": _scheme,
    connection: _connection,
    ...others
  } = headers;
  return { "x-request-id": id, ...others };
}
