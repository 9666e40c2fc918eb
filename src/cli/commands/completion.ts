/** `airelays completion <shell>`: a script that the shell reads once; made from the table of commands. */
import { RelayError } from "../../errors.ts";
import { commandGroups, commands, globalOptions } from "../command-table.ts";
import { bashScript } from "../completion/bash.ts";
import { fishScript } from "../completion/fish.ts";
import { powershellScript } from "../completion/powershell.ts";
import { completionOf } from "../completion/words.ts";
import { zshScript } from "../completion/zsh.ts";
import type { Run } from "../context.ts";

const scripts = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  powershell: powershellScript,
} as const;

export const completion: Run = async ({ args, io }) => {
  const shell = String(args["shell"]);
  if (!Object.hasOwn(scripts, shell)) throw new RelayError("usage", `There is no \`${shell}\`.`);
  const script = scripts[shell as keyof typeof scripts];
  io.stdout(script(completionOf({ commands, groups: commandGroups, globalOptions })));
};
