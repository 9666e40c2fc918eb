/** Renders CONFIGURATION.md from the settings table. */
import { retired } from "../src/config/retired.ts";
import type { Setting } from "../src/config/setting.ts";
import { configPathNames, isInFile, type NamedSetting, settings } from "../src/config/settings.ts";
import { code, notice, table } from "./markdown.ts";

/** The whole page. */
export function renderConfiguration(): string {
  const sections = [...new Set(settings.map(({ section }) => section))];
  return [
    notice,
    "# Configuration",
    "",
    "airelays runs without any configuration. `airelays init` writes a `config.toml` with every setting, its meaning and its value; a file that you write yourself needs only what you change:",
    "",
    "```toml",
    "[server]",
    "port = 8181",
    "",
    "[logging]",
    'content = "metadata"',
    "```",
    "",
    "## Where a value comes from",
    "",
    "The first of these that has a value counts:",
    "",
    "1. the option on the command line: `--port 8181`",
    "2. the environment variable `AIRELAYS_<NAME>`: `AIRELAYS_PORT=8181`",
    "3. the same with the older prefix `AIRELAY_<NAME>`",
    "4. for settings marked ¹ below, the oldest prefix `OPENAI_ENDPOINT_<NAME>`",
    "5. the config file",
    "6. the default",
    "",
    "An environment variable that is empty counts as unset. Where `true` or `false` is asked for, a variable may also say `1`, `yes`, `on`, `0`, `no` or `off`.",
    "",
    `The config file is \`~/.config/airelays/config.toml\`, unless \`--config\` or ${configPathNames.map(code).join(", ")} names another. In paths, \`~\` is your home folder; on Windows write a path in single quotes (\`'C:\\relay'\`). Where only \`~/.config/airelay/config.toml\` or \`~/.airelay\` from an older version exists, that is used.`,
    "",
    "Anything unknown or wrong in the file, a variable or an option stops the start, and all of it is reported at once with its line; `airelays config check` does nothing but that. `airelays config get` tells the values in force and their origin, and `airelays config set server.port 8181` changes one line of the file and keeps the others.",
    "",
    ...sections.flatMap(renderSection),
    "¹ also read as `OPENAI_ENDPOINT_<NAME>`.",
    "",
    "## Retired keys",
    "",
    "Keys that later versions of the Python AIRelays wrote. They stop nothing and do nothing; `airelays status` mentions them.",
    "",
    ...table(
      ["Key", "Why", "Instead"],
      retired.map(({ path, reason, instead }) => [
        code(path),
        reason,
        instead ? code(instead) : "",
      ]),
    ),
    "",
  ].join("\n");
}

function renderSection(section: string): string[] {
  const rows = settings.filter((named) => named.section === section);
  return [
    `## \`[${section}]\``,
    "",
    ...table(
      ["Key", "Variable, option", "Value", "Default", "What it does"],
      rows.map((named) => [
        isInFile(named) ? code(named.tomlPath.slice(section.length + 1)) : "(variable only)",
        formatNames(named),
        formatType(named.setting),
        formatDefault(named.setting),
        named.setting.doc,
      ]),
    ),
    "",
  ];
}

function formatNames({ setting }: NamedSetting): string {
  const names = [setting.env, ...(setting.envAliases ?? [])].map((suffix) =>
    code(`AIRELAYS_${suffix}`),
  );
  const variables = names.join(", ") + (setting.legacy ? "¹" : "");
  return setting.flag === undefined ? variables : `${variables}, ${code(`--${setting.flag}`)}`;
}

function formatType(setting: Setting): string {
  switch (setting.type) {
    case "integer":
    case "number": {
      const kind = setting.type === "integer" ? "whole number" : "number";
      return `${kind}${setting.unit ? ` of ${setting.unit}` : ""}, ${setting.min} to ${setting.max}`;
    }
    case "boolean":
      return "`true` or `false`";
    case "enum":
      return (setting.choices ?? []).map(code).join(", ");
    case "url":
      return "`https://` URL; `http://` for this machine only";
    case "path":
      return "path";
    case "string":
      return "text";
    case "address":
      return "`off`, `on`, or `host:port`";
    case "names":
      return '`{ "name" = "model" }`; in a variable `name=model,…`';
    case "origins":
      return "list of origins; in a variable `a,b`";
    case "hosts":
      return "list of names or addresses; in a variable `a,b`";
    case "addresses":
      return "list of addresses or networks; in a variable `a,b`";
    case "secret":
      return "text, kept secret";
    default:
      return setting.type satisfies never;
  }
}

function formatDefault(setting: Setting): string {
  if (setting.default === undefined || typeof setting.default === "object") return "none";
  return code(setting.inDataDir ? `<data_dir>/${setting.default}` : String(setting.default));
}
