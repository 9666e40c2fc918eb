/** Starts a relay "in the background" as a command of this process, so that a test sees all of it. */
import { appendFile } from "node:fs/promises";
import type { Programs } from "../../src/cli/programs.ts";
import { type RunningCommand, startCommand } from "./test-io.ts";

interface Place {
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface InProcessPrograms extends Pick<Programs, "startDetached"> {
  /** The command lines that were started, without Node and script, and where. */
  readonly started: { readonly argv: readonly string[]; readonly folder: string }[];
  readonly commands: RunningCommand[];
}

export function inProcessPrograms(place: Place): InProcessPrograms {
  const started: InProcessPrograms["started"] = [];
  const commands: RunningCommand[] = [];
  return {
    started,
    commands,
    async startDetached([, , ...argv], { folder, outputFile }) {
      started.push({ argv, folder });
      const command = startCommand(argv, place);
      commands.push(command);
      const ended = command.done.then(async ({ stderr, code }) => {
        await appendFile(outputFile, stderr);
        return code;
      });
      return { processId: process.pid, ended, kill: () => command.stop() };
    },
  };
}
