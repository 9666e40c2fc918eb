/** The completion script for PowerShell, with what each word means. Pure. */
import type { Completion, Word } from "./words.ts";

export function powershellScript({ places, valueOptions }: Completion): string {
  const table = places.map(
    ({ path, words, options }) =>
      `    ${quoted(path)} = @{ words = ${list(words)}; options = ${list(options)} }`,
  );
  const values = valueOptions.map(({ option, values: each }) => {
    const choices = typeof each === "string" ? [] : each;
    return `    ${quoted(option)} = @(${choices.map(quoted).join(", ")})`;
  });
  return `# airelays for PowerShell: airelays completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName airelays -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $places = @{
${table.join("\n")}
  }
  $values = @{
${values.join("\n")}
  }
  $typed = @($commandAst.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
  $command = @()
  $option = ''
  foreach ($word in $typed) {
    if ($option) { $option = '' }
    elseif ($values.ContainsKey($word)) { $option = $word }
    elseif (-not $word.StartsWith('-')) { $command += $word }
  }
  if ($option) {
    $found = $values[$option] | ForEach-Object { ,@($_, $_) }
  } else {
    $count = $command.Count
    while ($command.Count -gt 0 -and -not $places.ContainsKey($command -join ' ')) {
      $command = @($command | Select-Object -SkipLast 1)
    }
    $place = $places[($command -join ' ')]
    $found = if ($wordToComplete.StartsWith('-')) { $place.options }
      elseif ($command.Count -eq $count) { $place.words }
  }
  $found | Where-Object { $_ -and $_[0].StartsWith($wordToComplete) } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterValue', $_[1])
  }
}
`;
}

/** Pairs of the word and its meaning; a tooltip must not be empty. */
function list(words: readonly Word[]): string {
  const pairs = words.map(({ word, meaning }) => `,@(${quoted(word)}, ${quoted(meaning || word)})`);
  return `@(${pairs.join("; ")})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
