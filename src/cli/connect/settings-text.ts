/** The settings of a tool as the text of an otherwise empty file, for the screen and the pages. */
import type { Machine } from "../../config/paths.ts";
import { applyEdits } from "./edits.ts";
import type { RelayFacts, ToolFile } from "./tool.ts";

/** In the place of the token, which `airelays token show` shows. */
export const tokenPlaceholder = "<relay token>";

export function settingsText(file: ToolFile, facts: RelayFacts, machine: Machine): string {
  const token = facts.needsToken ? tokenPlaceholder : facts.token;
  return applyEdits(file.format, "", file.edits({ ...facts, token }, machine)).text;
}

/** Would the tool's file hold the relay token itself? */
export function holdsToken(file: ToolFile, facts: RelayFacts, machine: Machine): boolean {
  return facts.needsToken && settingsText(file, facts, machine).includes(tokenPlaceholder);
}
