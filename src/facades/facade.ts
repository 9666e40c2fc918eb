/**
 * The contract of a dialect: how a client's body becomes a Responses request, and how the events of
 * the answer become that dialect's text. A facade is pure: it sees no socket, clock or random number.
 */
import type { RelayError } from "../errors.ts";
import type { Accumulator } from "../protocol/accumulate.ts";
import type { ResponseSnapshot } from "../protocol/events.ts";
import type { Frame } from "../protocol/frame.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { ResponsesRequest, StateRequest } from "../protocol/request.ts";

export interface Change {
  readonly kind: "ignored" | "adapted";
  readonly parameter: string;
  readonly reason: string;
}

export interface Decoded<Options> {
  readonly request: ResponsesRequest;
  readonly stream: boolean;
  readonly state: StateRequest;
  readonly options: Options;
  /** What this dialect could not carry over; the pipeline discloses it. */
  readonly changes: readonly Change[];
  /** The client's name of a parameter whose Responses name differs: `max_output_tokens` -> `max_tokens`. */
  readonly spelled: Readonly<Record<string, string>>;
  /** Where each item of `request.input` stands in the client's body, unless that is `input[n]`. */
  readonly places?: readonly string[];
  /** The effort is a wish: where the model does not take it, the nearest that it has is meant. */
  readonly fitsEffort?: boolean;
}

/** What identifies an answer. Made by the pipeline; a facade never invents one. */
export interface Stamp {
  readonly id: string;
  /** Unix seconds. */
  readonly created: number;
  /** The model that the client asked for. */
  readonly model: string;
  /** Fields of a `response` object that this relay answers for, and not the upstream. */
  readonly echo: JsonObject;
  /** How long the answer has taken; for dialects that tell it, at its end. */
  elapsed(): Elapsed;
}

/** Since the request came. */
export interface Elapsed {
  readonly firstOutputMs: number;
  readonly totalMs: number;
}

/** The answer as far as it got; a frame is in it before the encoder sees it. */
export type AnswerSoFar = Pick<Accumulator, "snapshot" | "failures" | "count">;

/**
 * Turns the frames of one answer into text. Called in order; `end` or `fail` comes last, once. A
 * terminal frame comes only when the answer is whole.
 */
export interface Encoder {
  write(frame: Frame): string;
  /** The answer ended with success. */
  end(): string;
  /** The answer failed after text was sent: the dialect's in-band error, and no success terminator. */
  fail(error: RelayError): string;
}

/** How a dialect tells that a request failed. */
export interface ErrorForm {
  errorBody(error: RelayError, requestId: string): unknown;
  /** The status, where the dialect's clients know another one than the table of errors has. */
  readonly errorStatus?: (error: RelayError) => number;
}

/** A model as the list of them tells it. */
export interface ListedModel {
  readonly id: string;
  readonly displayName: string | undefined;
  /** The model that the name stands for, when it is not a model's own. */
  readonly aliasOf: string | undefined;
}

/** How a dialect tells the models that there are. */
export interface ModelShape {
  list(models: readonly ListedModel[], query: URLSearchParams): unknown;
  /** `id`: the name that was asked for. */
  one(model: ListedModel, id: string): unknown;
  /** The name that is in the list of everybody. */
  toPlainName(id: string): string;
}

/** Which requests are a dialect's own, whether or not there is a route for them: `/v1/messages/x`. */
export interface Dialect extends ErrorForm {
  readonly models?: ModelShape;
  owns(path: string, headers: Readonly<Record<string, unknown>>): boolean;
}

/** A request of the dialect that needs no upstream. */
export interface LocalRoute {
  readonly method: "GET" | "POST";
  readonly path: `/${string}`;
  /** Answers without the relay token: a client's question whether anybody is there. */
  readonly isPublic?: boolean;
  /** `body`: what was sent with POST. Throws RelayError. */
  answer(body: unknown): {
    readonly body: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  };
}

export interface Facade<Options = unknown> extends ErrorForm {
  readonly name: string;
  /** Where it is mounted, also below `/no-tools`. */
  readonly path: `/${string}`;
  readonly contentType: "text/event-stream" | "application/x-ndjson";
  readonly local?: readonly LocalRoute[];
  /** What tells a client that an answer still lives while nothing comes; empty where it has no such word. */
  readonly keepalive: string;
  /** `Stamp.id` begins with this and an underscore or hyphen of the dialect's own. */
  readonly idPrefix: string;
  /**
   * Programs of this dialect send their JSON without its type, as curl does with `-d`. A browser's
   * request needs the type all the same: a page may post other types anywhere without asking.
   */
  readonly takesUntypedBodies?: boolean;
  /** A name that this dialect's clients ask for unasked, and that means the default model. */
  readonly isForeignModel?: (model: string) => boolean;
  /** Throws RelayError naming the parameter. */
  decode(body: unknown): Decoded<Options>;
  /** Nothing is to be generated, so no upstream is asked: the request only prepares the next one. */
  isWarmUp?(body: unknown): boolean;
  encoder(options: Options, stamp: Stamp, answer: AnswerSoFar): Encoder;
  whole(response: ResponseSnapshot, options: Options, stamp: Stamp): unknown;
}

/** A request that came as an event on a connection. */
export interface ClientEvent {
  /** The request itself, for `decode`. */
  readonly body: JsonObject;
  /** Nothing is to be generated: the request only prepares the next one. */
  readonly isWarmUp: boolean;
  /** Requests of one lane are answered one after the other, lanes side by side. */
  readonly lane: string | undefined;
  /** Fields that every event of the answer repeats. */
  readonly echo: JsonObject;
}

/** A dialect that is spoken over a WebSocket: its encoder makes one event a line. */
export interface SocketFacade<Options = unknown> extends Facade<Options> {
  /** Throws RelayError. */
  decodeEvent(event: unknown): ClientEvent;
  /** Tells an error where no answer has begun; HTTP would have had those headers. */
  errorEvent(error: RelayError, headers: Readonly<Record<string, string>>): JsonObject;
}
