import type { CommandNode } from '../man/command-tree.js';
import {
  type Candidates,
  type CommandEntry,
  commandEntries,
  formsOf,
  LONG_SCOPE_OPTIONS,
  optionsWithValue,
  SCOPE_OPTIONS,
  valuesOf,
} from './words.js';

/** What the script needs whatever the commands are. */
const FUNCTIONS = `# Reads the line up to the cursor as bash would: words before the current one, and of that one its text (cur), the quote that is
# open in it, and what of it readline leaves alone (head).
_keys_read() {
  local line=\${COMP_LINE:0:COMP_POINT} char next i begun=''
  words=() cur='' quote='' head=''
  for ((i = 0; i < \${#line}; i++)); do
    char=\${line:i:1}
    next=\${line:i+1:1}
    if [[ $quote == "'" ]]; then
      if [[ $char == "'" ]]; then quote='' head=$cur; else cur+=$char; fi
    elif [[ $quote == '"' ]]; then
      if [[ $char == '"' ]]; then quote='' head=$cur
      elif [[ $char == \\\\ && $next == [\\"\\\\\\$\\\`] ]]; then cur+=$next; i=$((i + 1))
      else cur+=$char; fi
    elif [[ $char == [[:space:]] ]]; then
      if [[ -n $begun ]]; then words+=("$cur"); fi
      cur='' head='' begun=''
      continue
    elif [[ $char == \\\\ ]]; then
      cur+=$next
      i=$((i + 1))
    elif [[ $char == [\\'\\"] ]]; then
      quote=$char head=$cur
    else
      cur+=$char
      if [[ $COMP_WORDBREAKS == *"$char"* ]]; then head=$cur; fi
    fi
    begun=1
  done
}

# Offers what begins with the current word, from lines of candidates; what is after a tab is about them.
_keys_offer() {
  local word
  while IFS= read -r word; do
    word=\${word%%$'\\t'*}
    [[ -n $word && \${word:0:\${#cur}} == "$cur" ]] || continue
    word=\${word:\${#head}}
    case $quote in
      "'") word=\${word//"'"/"'\\\\''"} ;;
      '"')
        word=\${word//\\\\/\\\\\\\\}
        word=\${word//\\"/\\\\\\"}
        word=\${word//\\$/\\\\\\$}
        word=\${word//\\\`/\\\\\\\`}
        ;;
      *) printf -v word '%q' "$word" ;;
    esac
    COMPREPLY+=("$word")
  done
}

_keys_ask() {
  if [[ $1 == saved-keys && $cur =~ ^[A-Z_][A-Z0-9_]*= ]]; then
    cur=\${cur#*=} head=\${head#*=}
  fi
  _keys_offer < <("\${COMP_WORDS[0]}" \${scope[@]+"\${scope[@]}"} __complete "$1" 2>/dev/null)
}

# Of files, readline does the quoting.
_keys_files() {
  local word
  compopt -o filenames 2>/dev/null
  while IFS= read -r word; do COMPREPLY+=("\${word:\${#head}}"); done < <(compgen "$@" -- "$cur")
}`;

/** A bash completion script (3.2 and later): words are static, what only the machine knows is asked for. */
export function bashCompletion(tree: CommandNode): string {
  const all = commandEntries(tree);
  const values = all.flatMap(({ path, options }) =>
    options
      .filter((option) => option.takesValue && valuesOf(option).kind !== 'none')
      .map((option) => ({
        at: formsOf(option)
          .map((form) => `'${path}:${form}'`)
          .join(' | '),
        option,
      })),
  );
  const freeValues = all.flatMap(({ path, options }) =>
    options
      .filter((option) => option.takesValue && !option.valueOptional && valuesOf(option).kind === 'none')
      .flatMap((option) => formsOf(option).map((form) => `${path}:${form}`)),
  );
  return `# bash completion for keys; made from the command tree by npm run docs

${FUNCTIONS}

_keys() {
  local cur quote head prev='' path='' word i count=0 plain=''
  local -a words scope=()
  COMPREPLY=()
  _keys_read
${readWords(all)}
  if [[ -z $plain ]]; then
    if ((\${#words[@]} > 1)); then prev=\${words[\${#words[@]} - 1]}; fi
    if [[ $cur == --*=* ]]; then
      prev=\${cur%%=*}
      cur=\${cur#*=} head=\${head#*=}
    elif [[ $cur == -* ]]; then
      case $path in
${all.map(({ path, options }) => `        '${path}') _keys_offer < <(printf '%s\\n' ${options.map(({ long }) => long).join(' ')}) ;;`).join('\n')}
      esac
      return
    fi
    case "$path:$prev" in
${values.map(({ at, option }) => `      ${at}) ${offer(valuesOf(option))}; return ;;`).join('\n')}
      ${quoted(freeValues)}) return ;;
    esac
  fi
  case "$path:$count" in
${all
  .filter(({ candidates }) => candidates.kind !== 'none')
  .map(
    ({ path, candidates, variadic }) =>
      `    ${variadic ? `'${path}:'*` : `'${path}:0'`}) ${offer(candidates)} ;;`,
  )
  .join('\n')}
  esac
}
complete -F _keys keys
`;
}

const quoted = (paths: readonly string[]) => paths.map((path) => `'${path}'`).join(' | ');

/**
 * Finds the command that the words name, how many arguments it was given, and the flags that say where calls
 * go.
 */
function readWords(all: readonly CommandEntry[]): string {
  return `  for ((i = 1; i < \${#words[@]}; i++)); do
    word=\${words[i]}
    if [[ -n $plain ]]; then
      count=$((count + 1))
      continue
    fi
    case $word in
      --) plain=1 ;;
      ${SCOPE_OPTIONS.join(' | ')}) 
        # The last one's value is what is being typed.
        if ((i + 1 < \${#words[@]})); then scope+=("$word" "\${words[i + 1]}"); fi
        i=$((i + 1))
        ;;
      ${LONG_SCOPE_OPTIONS.map((option) => `${option}=*`).join(' | ')}) scope+=("$word") ;;
      ${optionsWithValue(all)
        .filter((option) => !SCOPE_OPTIONS.includes(option))
        .join(' | ')}) i=$((i + 1)) ;;
      -*) ;;
      *)
        case "\${path:+$path }$word" in
          ${quoted(all.map(({ path }) => path).filter(Boolean))}) path="\${path:+$path }$word" ;;
          *) count=$((count + 1)) ;;
        esac
        ;;
    esac
  done`;
}

function offer(candidates: Candidates): string {
  switch (candidates.kind) {
    case 'words':
      return `_keys_offer < <(printf '%s\\n' ${candidates.words.join(' ')})`;
    case 'dynamic':
      return `_keys_ask ${candidates.what}`;
    case 'files':
      return '_keys_files -f';
    case 'directories':
      return '_keys_files -d';
    case 'program':
      return 'if ((count == 0)); then _keys_files -c; else _keys_files -f; fi';
    case 'none':
      return ':';
  }
}
