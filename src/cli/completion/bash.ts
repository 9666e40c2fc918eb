/** The completion script for bash: a table of words, and no process is started while typing. Pure. */
import type { Completion, Word } from "./words.ts";

export function bashScript({ places, valueOptions }: Completion): string {
  const list = (words: readonly Word[]): string => `"${words.map(({ word }) => word).join(" ")}"`;
  // The longest first: `token show` is also `token` and something.
  const ordered = [...places].sort((one, other) => other.path.length - one.path.length);
  const placesOf = ordered.flatMap(({ path, words, options }) => [
    `    "${path}") words=${list(words)} options=${list(options)} ;;`,
    // Behind what had to follow, only options are left.
    ...(path === "" ? [] : [`    "${path} "*) options=${list(options)} ;;`]),
  ]);
  const values = valueOptions.flatMap(({ option, values: each }) => {
    if (each === "anything") return [];
    if (each === "file") return `    ${option}) _airelays_files; return ;;`;
    return `    ${option}) COMPREPLY=($(compgen -W "${each.join(" ")}" -- "$current")); return ;;`;
  });
  const taking = valueOptions.map(({ option }) => option).join(" | ");
  return `# airelays for bash: source <(airelays completion bash)
_airelays_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$current"))
}
_airelays() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]}
  local command="" words="" options="" word skip=0 i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((skip)); then skip=0; continue; fi
    case $word in
    ${taking}) skip=1 ;;
    -*) ;;
    *) command="\${command:+$command }$word" ;;
    esac
  done
  case $previous in
${values.join("\n")}
    ${taking}) return ;;
  esac
  case $command in
${placesOf.join("\n")}
  esac
  if [[ $current == -* ]]; then words=$options; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _airelays airelays
`;
}
