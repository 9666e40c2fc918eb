/**
 * For dialects whose word for the effort is a wish ("think", "think hard", "do not"): where the model
 * refuses the effort, the nearest one that it has is asked for. The catalogue does not list all that
 * a model takes (upstream.md 4.8: `none`), so the upstream is asked first.
 */
import { isRelayError } from "../errors.ts";
import { allEfforts, type ResponsesRequest } from "../protocol/request.ts";
import type { RequestScope } from "../scope.ts";
import type { OpenedStream } from "./open.ts";

export interface FittingDeps {
  open(request: ResponsesRequest): Promise<OpenedStream>;
  /** What the catalogue says that the model takes; empty where it does not know, or cannot be asked. */
  readonly efforts: (() => Promise<readonly string[]>) | undefined;
}

export interface FittedStream {
  readonly opened: OpenedStream;
  /** As it was taken. */
  readonly request: ResponsesRequest;
}

/** Opens once more when it was the effort that was refused, and discloses it. */
export async function openFitting(
  request: ResponsesRequest,
  scope: RequestScope,
  { open, efforts }: FittingDeps,
): Promise<FittedStream> {
  try {
    return { opened: await open(request), request };
  } catch (error) {
    const asked = request.reasoning?.effort;
    const isEffort =
      isRelayError(error) &&
      error.code === "upstream_rejected" &&
      error.details.param === "reasoning.effort";
    if (!isEffort || asked === undefined) throw error;
    const known = (await efforts?.()) ?? [];
    const effort = nearestEffort(asked, known);
    if (effort === undefined) throw error;
    scope.disclose({
      kind: "adapted",
      parameter: "reasoning.effort",
      reason: `The model does not take \`${asked}\`; \`${effort}\` is the nearest that it has.`,
    });
    const fitted = { ...request, reasoning: { ...request.reasoning, effort } };
    return { opened: await open(fitted), request: fitted };
  }
}

/** The nearest other one, of two the lower; undefined when there is none to choose from. */
export function nearestEffort(asked: string, known: readonly string[]): string | undefined {
  const rank = allEfforts.indexOf(asked);
  if (rank === -1) return undefined;
  const others = allEfforts.filter((effort) => effort !== asked && known.includes(effort));
  const distance = (effort: string): number => Math.abs(allEfforts.indexOf(effort) - rank);
  return others.sort((a, b) => distance(a) - distance(b))[0];
}
