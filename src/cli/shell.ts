/** How each shell sets a variable, and which one this is. Pure. */
import { RelayError } from "../errors.ts";
import type { Variables } from "./client-variables.ts";

export const shells = ["bash", "zsh", "fish", "powershell", "cmd"] as const;
export type Shell = (typeof shells)[number];

type Env = Readonly<Record<string, string | undefined>>;

/** The shell that probably reads what is printed. */
export function detectShell(env: Env, platform: NodeJS.Platform): Shell {
  const name = (env["SHELL"] ?? "").replace(/^.*[\\/]/, "").replace(/\.exe$/i, "");
  if (platform !== "win32") {
    // Only PowerShell puts this into its children's environment there.
    if (env["PSModulePath"] !== undefined) return "powershell";
    return name === "zsh" || name === "fish" ? name : "bash";
  }
  // Git Bash, MSYS and Cygwin set SHELL, Windows itself does not.
  if (name !== "") return name === "zsh" || name === "fish" ? name : "bash";
  // Every program has a PSModulePath on Windows; the person's own folder is in it below PowerShell.
  const isPowerShell = /documents\\(windows)?powershell\\modules/i.test(env["PSModulePath"] ?? "");
  return env["PROMPT"] !== undefined && !isPowerShell ? "cmd" : "powershell";
}

/** Throws for a name that is none of them. */
export function toShell(name: string): Shell {
  const shell = shells.find((each) => each === name);
  if (shell !== undefined) return shell;
  const names = shells.map((each) => `\`${each}\``).join(", ");
  throw new RelayError("usage", `\`--shell\` must be one of ${names}, not "${name}"`, {
    hint: "airelays env --help",
  });
}

/** Lines that set the variables and take away the others. */
export function formatExports(
  shell: Shell,
  variables: Variables,
  removed: readonly string[],
): string {
  const { set, unset } = dialects[shell];
  const lines = [
    ...Object.entries(variables).map(([name, value]) => set(name, value)),
    ...removed.map(unset),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

interface Dialect {
  set(name: string, value: string): string;
  unset(name: string): string;
}

/** Nothing in it means anything to any of the shells. */
const isPlain = (value: string): boolean => /^[\w@%+:,./-]+$/.test(value) && !value.includes("%");

const posix: Dialect = {
  set: (name, value) =>
    `export ${name}=${isPlain(value) ? value : `'${value.replaceAll("'", "'\\''")}'`}`,
  unset: (name) => `unset ${name}`,
};

const dialects: Readonly<Record<Shell, Dialect>> = {
  bash: posix,
  zsh: posix,
  fish: {
    set: (name, value) =>
      `set -gx ${name} ${isPlain(value) ? value : `'${value.replace(/[\\']/g, "\\$&")}'`}`,
    unset: (name) => `set -e ${name}`,
  },
  powershell: {
    // PowerShell ends the text at any of Unicode's single quotes.
    set: (name, value) => `$env:${name} = '${value.replace(/['\u2018-\u201b]/g, "$&$&")}'`,
    unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
  },
  cmd: {
    set(name, value) {
      // Nothing escapes these in a line that is typed or read from a pipe.
      if (!/["%!\r\n]/.test(value)) return `set "${name}=${value}"`;
      throw new RelayError(
        "usage",
        `\`${name}\` has a character that cmd cannot be given (one of \`" % !\`).`,
        { hint: "airelays env --shell powershell, or airelays run <command>" },
      );
    },
    unset: (name) => `set "${name}="`,
  },
};
