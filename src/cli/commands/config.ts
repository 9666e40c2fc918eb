/** `airelays config path`, `get`, `set` and `check`: the settings one by one, without an editor. */
import { realpath } from "node:fs/promises";
import { locateConfig } from "../../config/paths.ts";
import { settings } from "../../config/settings.ts";
import { formatText } from "../../config/value-text.ts";
import { setConfigValue } from "../../config/write.ts";
import { isRelayError } from "../../errors.ts";
import { readTextIfPresent, writePrivateFile } from "../../storage/atomic-file.ts";
import { type CommandContext, has, loadFor, note, type Run, readFor, tell } from "../context.ts";
import { relayAddress } from "../relay-address.ts";
import { formatJson, printable } from "../render.ts";
import { namedSetting, settingValue, toFileValue } from "../setting-argument.ts";

export const configPath: Run = async ({ args, io, runtime }) => {
  const path = locate({ args, runtime });
  const exists = (await readTextIfPresent(path)) !== undefined;
  if (has(args, "json")) io.stdout(formatJson({ config_path: path, config_exists: exists }));
  else io.stdout(`${path}\n`);
  if (!exists && !has(args, "json")) note(io, "It is not written yet. Run: airelays init");
};

export const configGet: Run = async (context) => {
  const { args, io } = context;
  const asked = args["key"] === undefined ? undefined : namedSetting(String(args["key"]));
  const loaded = await loadFor(context);
  const rows = (asked === undefined ? settings : [asked]).map((named) => ({
    key: named.tomlPath,
    // A secret is told from nothing by its origin only.
    value: named.setting.type === "secret" ? null : (settingValue(named, loaded.config) ?? null),
    origin: loaded.origins[named.tomlPath] ?? "default",
  }));
  if (has(args, "json")) {
    io.stdout(formatJson(asked === undefined ? rows : rows[0]));
    return;
  }
  const shown = rows.map(({ value, ...row }) => ({ ...row, text: printable(formatText(value)) }));
  if (asked !== undefined) {
    for (const { text, origin } of shown) {
      io.stdout(`${text}\n`);
      io.stderr(`${io.stderrColors.dim(`from: ${origin}`)}\n`);
    }
    return;
  }
  const { dim } = io.stdoutColors;
  for (const { key, text, origin } of shown) io.stdout(`${key} = ${text}${dim(`  (${origin})`)}\n`);
};

export const configSet: Run = async (context) => {
  const { args, io, runtime } = context;
  const named = namedSetting(String(args["key"]));
  const value = toFileValue(named, String(args["value"]), runtime);
  const path = locate(context);
  // Not loaded first: a file with a mistake in this very line must be mendable.
  const before = (await readTextIfPresent(path)) ?? "";
  const after = setConfigValue(before, named.tomlPath, value);
  // Where the file is a link, into a repository of settings perhaps, that stays one.
  if (after !== before) await writePrivateFile(await realpath(path).catch(() => path), after);
  const found = await readFor(context).catch((error: unknown) => error);
  const loaded = isLoaded(found) ? found : undefined;
  const origin = loaded?.origins[named.tomlPath];
  const running = loaded === undefined ? undefined : (await relayAddress(loaded)).running;
  const needsRestart = running !== undefined && after !== before && origin === "file";
  if (has(args, "json")) {
    io.stdout(
      formatJson({
        config_path: path,
        key: named.tomlPath,
        value,
        changed: after !== before,
        origin: origin ?? null,
        restart_needed: needsRestart,
      }),
    );
  } else {
    const done = after === before ? "was so already" : `is set in ${path}`;
    io.stdout(`${named.tomlPath} = ${printable(formatText(value))} ${done}\n`);
  }
  if (origin !== undefined && origin !== "file") {
    note(io, `${origin} still wins over the file.`);
  }
  if (needsRestart) {
    note(
      io,
      `The relay at ${running.url} goes on with the value of its start. Run: airelays restart`,
    );
  }
  if (loaded === undefined)
    note(io, "The configuration has other problems. Run: airelays config check");
};

export const configCheck: Run = async (context) => {
  const { args, io } = context;
  const isJson = has(args, "json");
  const found = await readFor(context).catch((error: unknown) => error);
  if (!isLoaded(found)) {
    const problems = isRelayError(found) ? found.details.problems : undefined;
    if (isJson && problems !== undefined) {
      io.stdout(formatJson({ ok: false, config_path: locate(context), problems, notices: [] }));
    }
    throw found;
  }
  const { path, exists, notices, origins } = found;
  if (isJson) {
    io.stdout(formatJson({ ok: true, config_path: path, problems: [], notices }));
    return;
  }
  for (const notice of notices) note(io, notice);
  const all = Object.values(origins);
  const set = all.filter((origin) => origin !== "default").length;
  const file = exists ? path : `${path} is not written yet`;
  tell(io, printable(`Nothing is wrong: ${all.length} settings, ${set} of them set. ${file}\n`));
};

type Loaded = Awaited<ReturnType<typeof readFor>>;

function isLoaded(found: unknown): found is Loaded {
  return typeof found === "object" && found !== null && "origins" in found;
}

function locate({ args, runtime }: Pick<CommandContext, "args" | "runtime">): string {
  const given = args["config"];
  return locateConfig(runtime, typeof given === "string" ? given : undefined).path;
}
