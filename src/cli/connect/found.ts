/** Which of the tools are on this machine, by their commands and folders. Starts none of them. */
import { existsSync } from "node:fs";
import type { Machine } from "../../config/paths.ts";
import { findProgram } from "../find-program.ts";
import type { Tool } from "./tool.ts";

/** What was found of it: a program or a folder; undefined when nothing was. */
export function whereFound({ programs, places }: Tool, machine: Machine): string | undefined {
  for (const program of programs) {
    const path = findProgram(program, machine);
    if (path !== undefined) return path;
  }
  return places?.(machine).find((path) => existsSync(path));
}
