/**
 * The headers that go with an answer: what was changed in the request, who answered, and what the
 * upstream told of itself and of the plan. The disclosures go into the log too.
 */
import type { Decoded } from "../facades/facade.ts";
import type { ResponsesRequest } from "../protocol/request.ts";
import type { RequestScope } from "../scope.ts";
import type { OpenedStream } from "./open.ts";

/** Response headers by their lower-case names. */
export type Headers = Readonly<Record<string, string>>;

interface Answered {
  readonly decoded: Decoded<unknown>;
  /** The effort that the model's name asked for, and the name that the upstream knows. */
  readonly resolved: { readonly model: string; readonly effort: string | undefined };
  readonly opened: OpenedStream;
  /** As it was sent. */
  readonly request: ResponsesRequest;
}

/** All but the model that answered, `modelHeader`; for `joinHeaders`. */
export function answerHeaders(
  { decoded, opened }: Pick<Answered, "decoded" | "opened">,
  scope: RequestScope,
): readonly Headers[] {
  const { requestId, headers } = opened.stream;
  // The clock may have been set back meanwhile.
  const processingMs = Math.max(0, scope.clock.now() - scope.acceptedAt);
  return [
    headers,
    { "openai-processing-ms": String(processingMs) },
    requestId === undefined ? {} : { "x-airelays-upstream-request-id": headerSafe(requestId) },
    disclose(decoded, scope),
  ];
}

/** All of them in one object, made once: objects of so many names are slow to copy. */
export function joinHeaders(...parts: readonly Headers[]): Headers {
  return Object.assign({}, ...parts) as Headers;
}

/**
 * Who answers, where that is not plainly the model that was asked for. The answer says it at its end
 * too: who has that at hand saves the opening event's parsing, 3 % of a small request.
 */
export function modelHeader(
  { decoded, resolved, opened, request }: Answered,
  said = modelOf(opened.held),
): Headers {
  const model = said ?? resolved.model;
  if (model === decoded.request.model && resolved.effort === undefined) return {};
  const effort =
    resolved.effort === undefined
      ? ""
      : `; effort=${headerSafe(String(request.reasoning?.effort ?? ""))}`;
  return { "x-airelays-model": headerSafe(model) + effort };
}

function modelOf(held: OpenedStream["held"]): string | undefined {
  const event = held.find(({ type }) => type === "response.created")?.event;
  return event?.type === "response.created" ? event.response.model : undefined;
}

/**
 * Tells every change to the request: all of them in the log, and their names in a header for the
 * client, where places in a list count as one (`input[].role`) and the length is bounded: clients
 * refuse an answer whose headers are too long.
 */
export function disclose({ spelled }: Decoded<unknown>, scope: RequestScope): Headers {
  if (scope.disclosures.length === 0) return {};
  const told = scope.disclosures.map((change) => ({
    ...change,
    // `toString` is a parameter that a client may send.
    parameter: Object.hasOwn(spelled, change.parameter)
      ? (spelled[change.parameter] ?? change.parameter)
      : change.parameter,
  }));
  scope.transit.record("compatibility_adaptation", {
    ignored_parameters: told.flatMap((each) => (each.kind === "ignored" ? each.parameter : [])),
    changes: told,
  });
  const listed = (kind: "ignored" | "adapted"): string =>
    toList(told.flatMap((each) => (each.kind === kind ? each.parameter : [])));
  const ignored = listed("ignored");
  const adapted = listed("adapted");
  return {
    ...(ignored === "" ? {} : { "x-airelays-ignored-parameters": ignored }),
    ...(adapted === "" ? {} : { "x-airelays-adapted-parameters": adapted }),
  };
}

const longestList = 2_000;

function toList(parameters: readonly string[]): string {
  const isOne = parameters.length === 1;
  const names = parameters.map((name) =>
    headerSafe(isOne ? name : name.replaceAll(/\[\d+\]/g, "[]")),
  );
  let list = "";
  for (const name of new Set(names)) {
    if (list.length + name.length > longestList) return `${list},...`;
    list += list === "" ? name : `,${name}`;
  }
  return list;
}

/** A parameter's name comes from the client, and a header takes printable ASCII without commas. */
function headerSafe(name: string): string {
  return name.slice(0, 64).replaceAll(/[^\x21-\x2b\x2d-\x7e]/g, "?");
}
