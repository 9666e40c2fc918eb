/** What a person should know of a tool's settings, and how far they were tried. */
import type { RelayFacts, Tool } from "./tool.ts";

export function notesOf(tool: Tool, facts: RelayFacts): readonly string[] {
  const { tried } = tool;
  const trial =
    tried === undefined
      ? `Not yet run against a relay: the names of the fields are those of ${tool.title}'s own manual, and move with its versions.`
      : `Tried with ${tried} against \`airelays demo\`.`;
  return [...tool.notes(facts), trial];
}
