/**
 * The way of a request through the relay, and the only place that knows its order: decode, resolve,
 * open, commit, then stream or fold. Knows no dialect, no upstream and no socket.
 */
import type { Cancellation } from "../cancellation.ts";
import { RelayError } from "../errors.ts";
import type { Decoded, Facade } from "../facades/facade.ts";
import { type Accumulator, createAccumulator } from "../protocol/accumulate.ts";
import type { Usage } from "../protocol/events.ts";
import { pairCalls } from "../protocol/pair-calls.ts";
import type { ResponsesRequest } from "../protocol/request.ts";
import type { RequestScope } from "../scope.ts";
import type { Answering } from "../upstreams/upstream.ts";
import {
  answerHeaders,
  disclose,
  type Headers,
  joinHeaders,
  modelHeader,
} from "./answer-headers.ts";
import { openFitting } from "./fit-effort.ts";
import type { Chain, LocalState } from "./hydrate.ts";
import { interrupted, type OpenedStream, type OpenPolicy, openStream, withRest } from "./open.ts";
import { type PumpResult, pump, readToEnd, type Sink } from "./pump.ts";
import { recordAnswer, type Witness, withLog } from "./record-answer.ts";
import { RequestStamp } from "./stamp.ts";
import { createTiming } from "./timing.ts";
import { asSpelled, spellPlaces, withHeaders } from "./told-errors.ts";

export type Outcome =
  | { readonly kind: "whole"; readonly headers: Headers; readonly body: unknown }
  | {
      readonly kind: "stream";
      readonly headers: Headers;
      /** Sends the answer and resolves when it has ended, however it did. */
      send(sink: Sink): Promise<PumpResult>;
    };

export interface GenerateOptions {
  /** False on the `/no-tools` routes. */
  readonly allowTools: boolean;
  /** What the client's connection remembers, where it has one that lasts. */
  readonly chain?: Chain;
  /** Answers in place of the upstream that the model's name means. */
  readonly upstream?: Answering;
}

/** What a model's name means: who answers, under which name, and with which effort. */
export interface ResolvedModel {
  readonly upstream: Answering;
  readonly model: string;
  readonly effort: string | undefined;
  /** The name means nothing here, and the default model answers in its place. */
  readonly isStandIn?: boolean;
  /** The efforts that the model has, where they are known. */
  readonly efforts?: () => Promise<readonly string[]>;
}

export interface PipelineDeps {
  readonly state: LocalState;
  resolve(model: string, signal: Cancellation, isForeign: boolean): Promise<ResolvedModel>;
  readonly openPolicy: OpenPolicy;
  readonly keepaliveMs: number;
  /** Write every line of the upstream's streams to the transit log. */
  readonly logStreamLines: boolean;
  /** Told the tokens of every answer that has some. */
  readonly onUsage: (usage: Usage) => void;
}

export type Generate = <Options>(
  facade: Facade<Options>,
  body: unknown,
  scope: RequestScope,
  options: GenerateOptions,
) => Promise<Outcome>;

export function createGenerate(deps: PipelineDeps): Generate {
  return async (facade, body, scope, { allowTools, chain, upstream }) => {
    const decoded = facade.decode(body);
    for (const change of decoded.changes) scope.disclose(change);
    if (!allowTools) refuseTools(decoded);
    const { options } = decoded;

    const { model } = decoded.request;
    const resolved: ResolvedModel =
      upstream === undefined
        ? await deps.resolve(model, scope.signal, facade.isForeignModel?.(model) ?? false)
        : { upstream, model, effort: undefined };
    if (resolved.isStandIn) discloseStandIn(model, resolved, scope);
    const {
      request: hydrated,
      echo,
      remember,
    } = await deps.state
      .hydrate(decoded.request, decoded.state, chain)
      .catch((error: unknown) => Promise.reject(asSpelled(error, decoded)));
    const open = (each: ResponsesRequest) =>
      openStream(resolved.upstream, each, scope, deps.openPolicy);
    const prepared = prepare(hydrated, resolved, decoded, scope);
    const { opened, request } = await (decoded.fitsEffort
      ? openFitting(prepared, scope, { open, efforts: resolved.efforts })
      : open(prepared).then((stream) => ({ opened: stream, request: prepared }))
    ).catch((error: unknown) => {
      throw withHeaders(error, disclose(decoded, scope));
    });

    const timing = createTiming(scope);
    const stamp = new RequestStamp(facade.idPrefix, model, scope, { echo, timing });
    // A streamed answer's text is with the client; holding it as well would cost its size.
    const answer = createAccumulator({ keepsDeltas: !decoded.stream });
    const keep = async (): Promise<void> => {
      // Without its text it would be remembered as another answer than the client has.
      if (answer.lacksText) return;
      const snapshot = answer.snapshot();
      if (snapshot !== undefined) await remember(snapshot);
    };
    const witness = withLog(timing, scope, deps.logStreamLines);
    const answered = { decoded, resolved, opened, request };
    const headers = answerHeaders(answered, scope);

    if (!decoded.stream) {
      try {
        await fold(opened, answer, witness);
        await keep();
      } catch (error) {
        throw withHeaders(error, joinHeaders(...headers, modelHeader(answered)));
      } finally {
        recordAnswer(scope, opened, answer, deps.onUsage);
      }
      const snapshot = answer.snapshot();
      if (snapshot === undefined) throw interrupted();
      return {
        kind: "whole",
        headers: joinHeaders(...headers, modelHeader(answered, snapshot.model)),
        body: facade.whole(snapshot, options, stamp),
      };
    }

    // Commit. From here on the status and the headers are fixed: no attempt after this line, and
    // a failure is told inside the stream.
    return {
      kind: "stream",
      headers: joinHeaders(...headers, modelHeader(answered), {
        "content-type": facade.contentType,
      }),
      async send(sink) {
        const encoder = facade.encoder(options, stamp, answer);
        const keepalive = { afterMs: deps.keepaliveMs, text: facade.keepalive };
        try {
          return await pump({ opened, encoder, sink, scope, answer, witness, keep, keepalive });
        } finally {
          recordAnswer(scope, opened, answer, deps.onUsage);
        }
      },
    };
  };
}

/** Reads the answer to its terminal event. Throws when it fails or never gets there. */
async function fold(opened: OpenedStream, answer: Accumulator, witness: Witness): Promise<void> {
  let batch = opened.held;
  for (;;) {
    for (const frame of batch) {
      answer.add(frame);
      witness.see(frame);
    }
    if (answer.success !== undefined) {
      readToEnd(opened);
      return;
    }
    if (answer.failures.length > 0) {
      throw opened.stream.explain(await withRest(answer.failures, () => opened.next()));
    }
    const { done, value } = await opened.next();
    if (done) throw interrupted();
    batch = value;
  }
}

/** The request as the model's name and the conversation's gaps make it. */
function prepare(
  request: ResponsesRequest,
  { model, effort }: ResolvedModel,
  decoded: Decoded<unknown>,
  scope: RequestScope,
): ResponsesRequest {
  const { input, repaired } = pairCalls(request.input);
  // With earlier turns before them, the client's items are no longer in their places.
  const isOwn = request.input.length === decoded.request.input.length;
  for (const place of repaired) {
    scope.disclose({
      kind: "adapted",
      parameter: isOwn ? spellPlaces(place, decoded) : place,
      reason: "A tool call without its result, or a result without its call, was completed.",
    });
  }
  const asked = request.reasoning?.effort ?? effort;
  return {
    ...request,
    model,
    input,
    ...(asked === undefined ? {} : { reasoning: { ...request.reasoning, effort: asked } }),
  };
}

function discloseStandIn(asked: string, { model }: ResolvedModel, scope: RequestScope): void {
  scope.disclose({
    kind: "adapted",
    parameter: "model",
    reason: `This plan has no \`${asked}\`; \`${model}\` answers. \`[models] aliases\` can name another.`,
  });
}

function refuseTools({ request }: Decoded<unknown>): void {
  const choice = request.tool_choice ?? "none";
  // The "lite" form of a request has its tools in the input (upstream.md 4.9).
  const isLite = request.input.some(({ type }) => type === "additional_tools");
  const parameter =
    (request.tools ?? []).length > 0 || isLite
      ? "tools"
      : choice === "none" || choice === "auto"
        ? undefined
        : "tool_choice";
  if (parameter === undefined) return;
  throw new RelayError(
    "unsupported_parameter",
    `\`${parameter}\` is not allowed on the /no-tools routes. Leave it out, or use the same path without /no-tools.`,
    { param: parameter },
  );
}
