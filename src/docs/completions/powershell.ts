import type { CommandNode } from '../command-tree.js';
import { type Candidates, places, valuesOf } from './words.js';

/** A PowerShell completion script. */
export function powershellCompletion(tree: CommandNode): string {
  const all = places(tree);
  const values = all.flatMap(({ path, options }) =>
    options
      .map((option) => ({ at: `${path}:${option.long}`, source: source(valuesOf(option)) }))
      .filter(({ source }) => source !== null),
  );
  const withValue = [
    ...new Set(
      all.flatMap(({ options }) =>
        options.filter((option) => option.takesValue && !option.flags.includes('[')).map(({ long }) => long),
      ),
    ),
  ];
  return `# PowerShell completion for keys; made from the command tree by npm run docs
Register-ArgumentCompleter -Native -CommandName keys -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $paths = @(${all
    .filter(({ path }) => path)
    .map(({ path }) => quote(path))
    .join(', ')})
  $withValue = @(${withValue.map(quote).join(', ')})
  $path = ''
  $previous = ''
  $skip = $false
  foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
    $word = $element.ToString()
    if ($element.Extent.EndOffset -ge $cursorPosition -and $wordToComplete -ne '') { break }
    if (-not $skip -and -not $word.StartsWith('-')) {
      $next = ("$path $word").Trim()
      if ($paths -contains $next) { $path = $next }
    }
    $skip = $withValue -contains $word
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
  .map(({ path, candidates }) => ({ path, source: source(candidates) }))
  .filter(({ source }) => source !== null)
  .map(({ path, source }) => `    ${quote(path)} = { ${source} }`)
  .join('\n')}
  }
  $found = if ($values.ContainsKey("\${path}:$previous")) { & $values["\${path}:$previous"] }
  elseif ($wordToComplete.StartsWith('-')) { $options[$path] }
  elseif ($words.ContainsKey($path)) { & $words[$path] }
  $plain = $wordToComplete.Trim("'", '"')
  $found | Where-Object { $_ -and $_.StartsWith($plain) } | ForEach-Object {
    $text = if ($_ -match '^[\\w./:@-]+$') { $_ } else { "'" + $_.Replace("'", "''") + "'" }
    [System.Management.Automation.CompletionResult]::new($text, $_, 'ParameterValue', $_)
  }
}
`;
}

function source(candidates: Candidates): string | null {
  if (candidates.kind === 'words') return candidates.words.map(quote).join(', ');
  return candidates.kind === 'dynamic' ? `keys __complete ${candidates.what} 2>$null` : null;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
