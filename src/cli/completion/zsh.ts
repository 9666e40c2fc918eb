/** The completion script for zsh, with what each word means. Pure. */
import type { Completion, Word } from "./words.ts";

export function zshScript({ places, valueOptions }: Completion): string {
  const ordered = [...places].sort((one, other) => other.path.length - one.path.length);
  const placesOf = ordered.flatMap(({ path, words, options }) => [
    `    ("${path}")\n      words_here=(${list(words)})\n      options_here=(${list(options)}) ;;`,
    // Behind what had to follow, only options are left.
    ...(path === "" ? [] : [`    ("${path} "*)\n      options_here=(${list(options)}) ;;`]),
  ]);
  const values = valueOptions.flatMap(({ option, values: each }) => {
    if (each === "anything") return [];
    const reply = each === "file" ? "_files" : `compadd -- ${each.join(" ")}`;
    return `    (${option}) ${reply}; return ;;`;
  });
  const taking = valueOptions.map(({ option }) => option).join("|");
  return `#compdef airelays
# airelays for zsh: source <(airelays completion zsh)
_airelays() {
  local command="" word
  local -a words_here options_here
  integer skip=0 i
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    if ((skip)); then skip=0; continue; fi
    case $word in
    (${taking}) skip=1 ;;
    (-*) ;;
    (*) command="\${command:+$command }$word" ;;
    esac
  done
  case $words[CURRENT-1] in
${values.join("\n")}
    (${taking}) return ;;
  esac
  case $command in
${placesOf.join("\n")}
  esac
  if [[ $words[CURRENT] == -* ]]; then
    _describe -o option options_here
  elif ((\${#words_here})); then
    _describe word words_here
  fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _airelays "$@"
else
  compdef _airelays airelays
fi
`;
}

/** `name:meaning`, quoted; the first colon ends the name. */
function list(words: readonly Word[]): string {
  return words
    .map(({ word, meaning }) => {
      const text = meaning === "" ? word : `${word}:${meaning}`;
      return `'${text.replaceAll("'", "'\\''")}'`;
    })
    .join(" ");
}
