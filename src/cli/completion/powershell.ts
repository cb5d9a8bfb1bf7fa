import type { CommandNode } from '../man/command-tree.js';
import { type Candidates, formsOf, optionsWithValue, places, SCOPE_OPTIONS, valuesOf } from './words.js';

/** A PowerShell completion script. */
export function powershellCompletion(tree: CommandNode): string {
  const all = places(tree);
  const values = all.flatMap(({ path, options }) =>
    options
      .flatMap((option) =>
        formsOf(option).map((form) => ({ at: `${path}:${form}`, source: source(valuesOf(option)) })),
      )
      .filter(({ source }) => source !== null),
  );
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
${values.map(({ at, source }) => `    ${quote(at)} = { ${source} }`).join('\n')}
  }
  $options = @{
${all.map(({ path, options }) => `    ${quote(path)} = @(${options.map(({ long }) => quote(long)).join(', ')})`).join('\n')}
  }
  $words = @{
${all
  .map((place) => ({ ...place, source: source(place.candidates) }))
  .filter(({ source }) => source !== null)
  .map(({ path, source, variadic }) => `    ${quote(`${path}:${variadic ? '*' : '0'}`)} = { ${source} }`)
  .join('\n')}
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

/** Null where PowerShell completes by itself: files. */
function source(candidates: Candidates): string | null {
  if (candidates.kind === 'words') return candidates.words.map(quote).join(', ');
  return candidates.kind === 'dynamic' ? `keys @scope __complete ${candidates.what} 2>$null` : null;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
