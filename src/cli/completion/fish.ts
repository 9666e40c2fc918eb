/** The completion script for fish, with what each word means. Pure. */
import type { Completion, Word } from "./words.ts";

export function fishScript({ places, valueOptions }: Completion): string {
  const takes = (name: string): string => {
    const found = valueOptions.find(({ option }) => option === name);
    if (found === undefined) return "";
    if (found.values === "anything") return " -x";
    return found.values === "file" ? " -r -F" : ` -x -a ${quoted(found.values.join(" "))}`;
  };
  const lines = places.flatMap(({ path, words, options }) => {
    const when = (test: string): string =>
      `complete -c airelays -n ${quoted(`__airelays_${test} ${quoted(path)}`)}`;
    const [right, here] = [when("right_behind"), when("behind")];
    return [
      ...words.map(({ word, meaning }) => `${right} -a ${quoted(word)}${told(meaning)}`),
      ...options.map(({ word, meaning }: Word) => {
        return `${here} -l ${word.slice(2)}${takes(word)}${told(meaning)}`;
      }),
    ];
  });
  const taking = valueOptions.map(({ option }) => option).join(" ");
  const deepest = places.map(({ path }) => quoted(path)).join(" ");
  return `# airelays for fish: airelays completion fish | source
function __airelays_typed
  set -l skip 0
  for word in (commandline -opc)[2..-1]
    if test $skip = 1
      set skip 0
    else if contains -- $word ${taking}
      set skip 1
    else if not string match -q -- '-*' $word
      echo $word
    end
  end
end
function __airelays_right_behind
  test "$(__airelays_typed | string join ' ')" = "$argv[1]"
end
function __airelays_behind
  set -l command (__airelays_typed)
  # What follows a command is no part of its name.
  while test (count $command) -gt 0; and not contains -- "$command" ${deepest}
    set -e command[-1]
  end
  test "$command" = "$argv[1]"
end
complete -c airelays -f
${lines.join("\n")}
`;
}

function told(meaning: string): string {
  return meaning === "" ? "" : ` -d ${quoted(meaning)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
