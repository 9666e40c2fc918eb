/**
 * The effort that a dialect asks for in words of its own, as the nearest one that the model has: a
 * model refuses any other, and no client of that dialect could know which they are.
 */
import type { ResponsesRequest } from "../protocol/request.ts";
import type { RequestScope } from "../scope.ts";

const efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max", "ultra"];
/** What every model has, for those that the catalogue does not list. */
const everyModel = ["low", "medium", "high"];

export async function fitEffort(
  request: ResponsesRequest,
  effortsOf: (() => Promise<readonly string[]>) | undefined,
  scope: RequestScope,
): Promise<ResponsesRequest> {
  const asked = request.reasoning?.effort;
  if (asked === undefined) return request;
  const known = (await effortsOf?.()) ?? [];
  const effort = nearestEffort(asked, known.length === 0 ? everyModel : known);
  if (effort === asked) return request;
  scope.disclose({
    kind: "adapted",
    parameter: "reasoning.effort",
    reason: `\`${request.model}\` has no effort \`${asked}\`; it was asked for \`${effort}\`.`,
  });
  return { ...request, reasoning: { ...request.reasoning, effort } };
}

/** The lower one where two are equally near; a word that is no effort stays for the upstream to refuse. */
export function nearestEffort(asked: string, known: readonly string[]): string {
  const rank = efforts.indexOf(asked);
  if (rank === -1 || known.includes(asked)) return asked;
  const distance = (effort: string): number => Math.abs(efforts.indexOf(effort) - rank);
  const [nearest = asked] = known
    .filter((effort) => efforts.includes(effort))
    .sort((a, b) => distance(a) - distance(b) || efforts.indexOf(a) - efforts.indexOf(b));
  return nearest;
}
