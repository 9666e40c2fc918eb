/** Chooses what is played for a request: what its directive names, or else the likely answer. */
import { likelyAnswer, toolOutput } from "./answers.ts";
import { type Directive, readKeys } from "./directive.ts";
import { gatewayRefusal } from "./exchange.ts";
import { entryOf } from "./json.ts";
import { type Played, type ScenarioContext, scenarios } from "./scenarios.ts";
import { tooLongEvents } from "./stream-failures.ts";
import type { Turn } from "./turn.ts";

export interface Casting {
  readonly turn: Turn;
  readonly directive: Directive | undefined;
  readonly context: ScenarioContext;
  /** How often this very request, or this `id`, was seen before. */
  readonly countSeen: (id: string) => number;
}

/** Plays what the directive names, or what a model would most likely do with the request. */
export function playScenario({ turn, directive, context, countSeen }: Casting): Played {
  if (turn.input.total > turn.model.contextWindow) return tooLongEvents(turn);
  if (directive === undefined) return likelyAnswer(turn);
  const scenario = entryOf(scenarios, directive.name);
  if (scenario === undefined) {
    return gatewayRefusal(
      `The stand-in has no scenario \`${directive.name}\`. Use one of: ${Object.keys(scenarios).join(", ")}.`,
    );
  }
  const keys = readKeys(directive.keys, scenario.keys ?? {});
  if ("problem" in keys) return gatewayRefusal(`Scenario \`${directive.name}\`: ${keys.problem}`);
  const times = keys.number("times");
  if (times > 0 && countSeen(keys.word("id")) >= times) return likelyAnswer(turn);
  // The directive is still the last user text when the output of its call comes back.
  const isAnswered = directive.name.endsWith("tool-call") || directive.name.endsWith("tool-calls");
  if (isAnswered && toolOutput(turn) !== undefined) return likelyAnswer(turn);
  return scenario.play(turn, keys, context);
}
