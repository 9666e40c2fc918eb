/**
 * Checks the values of the options that stand for settings, so that a slip on the command line is
 * answered as wrong usage and not as a bad configuration. What a good value is, the table of
 * settings knows.
 */
import { settings } from "../config/settings.ts";
import { checkValue, parseText } from "../config/value.ts";
import { RelayError } from "../errors.ts";
import type { Args } from "./context.ts";

/** Throws one `usage` error that names every option whose value cannot be used. */
export function checkFlagValues(args: Args, command: string): void {
  const problems = settings.flatMap(({ setting }) => {
    const given = setting.flag === undefined ? undefined : args[setting.flag];
    if (typeof given !== "string") return [];
    const checked = checkValue(setting, parseText(setting, given));
    return "problem" in checked ? [`\`--${setting.flag}\` ${checked.problem}`] : [];
  });
  if (problems.length > 0) {
    throw new RelayError("usage", problems.join("; "), { hint: `airelays ${command} --help` });
  }
}
