/** What a person should know of a tool's settings, and how far they were tried. */
import type { RelayFacts, Tool } from "./tool.ts";

export function notesOf(tool: Tool, facts: RelayFacts): readonly string[] {
  const { tried } = tool;
  const trial =
    tried === undefined
      ? `Not yet run against a relay; in your version of ${tool.title} a field may have another name.`
      : `Tried with ${tried} against \`airelays demo\`.`;
  return [...tool.notes(facts), trial];
}
