import type { CommandNode } from '../command-tree.js';
import { type Candidates, places, valuesOf } from './words.js';

/** A bash completion script: words are static, key names and profiles are asked for. */
export function bashCompletion(tree: CommandNode): string {
  const all = places(tree);
  const withValue = [
    ...new Set(
      all.flatMap(({ options }) =>
        options.filter((option) => option.takesValue && !option.flags.includes('[')).map(({ long }) => long),
      ),
    ),
  ];
  return `# bash completion for keys; made from the command tree by npm run docs
_keys_offer() {
  local word
  while IFS= read -r word; do
    [[ -n $word && $word == "$cur"* ]] && COMPREPLY+=("$(printf '%q' "$word")")
  done
}

_keys() {
  local cur prev path='' word i
  COMPREPLY=()
  cur=\${COMP_WORDS[COMP_CWORD]}
  prev=\${COMP_WORDS[COMP_CWORD - 1]}
  cur=\${cur#[\\"\\']}
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
      ${withValue.join(' | ')}) ((i++)) ;;
      -*) ;;
      *)
        case "\${path:+$path }$word" in
          ${all
            .filter(({ path }) => path)
            .map(({ path }) => `'${path}'`)
            .join(' | ')}) path="\${path:+$path }$word" ;;
        esac
        ;;
    esac
  done
  case "$path:$prev" in
${all
  .flatMap(({ path, options }) =>
    options
      .filter((option) => option.takesValue)
      .map((option) => ({ path, long: option.long, values: valuesOf(option) })),
  )
  .filter(({ values }) => values.kind !== 'none')
  .map(({ path, long, values }) => `    '${path}:${long}') ${offer(values)}; return ;;`)
  .join('\n')}
  esac
  if [[ $cur == -* ]]; then
    case $path in
${all.map(({ path, options }) => `      '${path}') _keys_offer < <(printf '%s\\n' ${options.map(({ long }) => long).join(' ')}) ;;`).join('\n')}
    esac
    return
  fi
  case $path in
${all
  .filter(({ candidates }) => candidates.kind !== 'none')
  .map(({ path, candidates }) => `    '${path}') ${offer(candidates)} ;;`)
  .join('\n')}
  esac
}
complete -F _keys keys
`;
}

function offer(candidates: Candidates): string {
  switch (candidates.kind) {
    case 'words':
      return `_keys_offer < <(printf '%s\\n' ${candidates.words.join(' ')})`;
    case 'dynamic':
      return `_keys_offer < <("\${COMP_WORDS[0]}" __complete ${candidates.what} 2>/dev/null)`;
    case 'files':
      return '_keys_offer < <(compgen -f -- "$cur")';
    case 'none':
      return ':';
  }
}
