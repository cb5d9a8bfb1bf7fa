import type { CommandNode } from '../man/command-tree.js';
import {
  type Candidates,
  commandEntries,
  formsOf,
  optionsWithValue,
  SCOPE_OPTIONS,
  valuesOf,
} from './words.js';

/** A PowerShell completion script. */
export function powershellCompletion(tree: CommandNode): string {
  const all = commandEntries(tree);
  return `# PowerShell completion for keys; made from the command tree by npm run docs
Register-ArgumentCompleter -Native -CommandName keys -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $paths = @(${all
    .filter(({ path }) => path)
    .map(({ path }) => quote(path))
    .join(', ')})
  $withValue = @(${optionsWithValue(all).map(quote).join(', ')})
  $scopeOptions = @(${SCOPE_OPTIONS.map(quote).join(', ')})
  $scope = @()
  $path = ''
  $previous = ''
  $count = 0
  $skip = $false
  foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
    if ($element.Extent.EndOffset -ge $cursorPosition -and $wordToComplete -ne '') { break }
    $word = if ($element -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $element.Value } else { $element.ToString() }
    if ($skip) {
      if ($scopeOptions -ccontains $previous) { $scope += $previous, $word }
    } elseif (-not $word.StartsWith('-')) {
      $next = ("$path $word").Trim()
      if ($paths -ccontains $next) { $path = $next } else { $count++ }
    }
    $skip = -not $skip -and $withValue -ccontains $word
    $previous = $word
  }
  $values = @{
${optionValues(all)}
  }
  $options = @{
${all.map(({ path, options }) => `    ${quote(path)} = @(${options.map(({ long }) => quote(long)).join(', ')})`).join('\n')}
  }
  $words = @{
${argumentWords(all)}
  }
  $found = if ($wordToComplete.StartsWith('-')) { $options[$path] }
  elseif ($values.ContainsKey("\${path}:$previous")) { & $values["\${path}:$previous"] }
  elseif ($skip) { @() }
  elseif ($words.ContainsKey("\${path}:*")) { & $words["\${path}:*"] }
  elseif ($words.ContainsKey("\${path}:$count")) { & $words["\${path}:$count"] }
  $plain = $wordToComplete.Trim("'", '"')
  $found | Where-Object { $_ -and $_.StartsWith($plain) } | ForEach-Object {
    $candidate, $about = $_ -split "\`t", 2
    $text = if ($candidate -match '^[\\w./:-]+$') { $candidate } else { "'" + $candidate.Replace("'", "''") + "'" }
    [System.Management.Automation.CompletionResult]::new($text, $candidate, 'ParameterValue', $(if ($about) { $about } else { $candidate }))
  }
}
`;
}

/** Lines of a table: for each option that takes a value, what completes it. */
function optionValues(all: ReturnType<typeof commandEntries>): string {
  return all
    .flatMap(({ path, options }) =>
      options.flatMap((option) =>
        formsOf(option).map((form) => tableLine(`${path}:${form}`, valuesOf(option))),
      ),
    )
    .filter((line) => line !== null)
    .join('\n');
}

/** Lines of a table: for each command, what completes its arguments. */
function argumentWords(all: ReturnType<typeof commandEntries>): string {
  return all
    .map(({ path, candidates, variadic }) => tableLine(`${path}:${variadic ? '*' : '0'}`, candidates))
    .filter((line) => line !== null)
    .join('\n');
}

/** Null if PowerShell completes it by itself. */
function tableLine(at: string, candidates: Candidates): string | null {
  const from = source(candidates);
  return from === null ? null : `    ${quote(at)} = { ${from} }`;
}

/** Null for files: PowerShell completes them by itself. */
function source(candidates: Candidates): string | null {
  if (candidates.kind === 'words') return candidates.words.map(quote).join(', ');
  return candidates.kind === 'dynamic' ? `keys @scope __complete ${candidates.what} 2>$null` : null;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
