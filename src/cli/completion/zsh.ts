import { singleQuoted } from '../../domain/shell-word.js';
import type { CommandNode, OptionNode } from '../man/command-tree.js';
import {
  type Candidates,
  type CommandEntry,
  commandEntries,
  LONG_SCOPE_OPTIONS,
  namesOf,
  SCOPE_OPTIONS,
  valuesOf,
} from './words.js';

/** A zsh completion function (\`_keys\`), over _arguments. */
export function zshCompletion(tree: CommandNode): string {
  const all = commandEntries(tree).filter(({ path, command }) => path === '' || path.endsWith(command.name));
  return `#compdef keys
# zsh completion for keys; made from the command tree by npm run docs

# What only the machine knows, asked with the flags that say where calls go; what is after a tab is about a candidate.
_keys_ask() {
  local -a found
  local line name
  [[ $1 == saved-keys ]] && compset -P '[A-Z_][A-Z0-9_]#='
  for line in "\${(@f)$("$service" $_keys_scope __complete "$1" 2>/dev/null)}"; do
    [[ -n $line ]] || continue
    name=\${line%%$'\\t'*}
    name=\${\${name//\\\\/\\\\\\\\}//:/\\\\:}
    if [[ $line == *$'\\t'* ]]; then found+=("$name:\${line#*$'\\t'}"); else found+=("$name"); fi
  done
  (( $#found )) && _describe -t names "$1" found
}

_keys_program() {
  if (( CURRENT == 1 )); then _command_names -e; else _files; fi
}

${all.map(functionOf).join('\n')}
_keys_start() {
  local -a _keys_scope
  local i
  setopt localoptions extendedglob
  for (( i = 2; i < CURRENT - 1; i++ )); do
    case $words[i] in
      (${SCOPE_OPTIONS.join('|')}) _keys_scope+=("$words[i]" "\${(Q)words[i+1]}") ;;
      (${LONG_SCOPE_OPTIONS.map((option) => `${option}=*`).join('|')}) _keys_scope+=("\${(Q)words[i]}") ;;
    esac
  done
  _keys_root "$@"
}

# Called as the function that zsh loaded this file for; where it was sourced, it says what it is for.
if [[ $funcstack[1] == _keys ]]; then
  _keys_start "$@"
else
  _keys() { _keys_start "$@" }
  compdef _keys keys
fi
`;
}

function functionName(path: string): string {
  return path === '' ? '_keys_root' : `_keys_at_${path.replaceAll(' ', '_')}`;
}

const NONE: Candidates = { kind: 'none' };

function functionOf({ path, command, options, candidates }: CommandEntry): string {
  const specs = options.map(spec);
  if (command.commands.length === 0) {
    const positional = command.arguments.map((argument, at) => {
      const offered = at === 0 ? candidates : NONE;
      // A program's own flags are its own.
      const rest = offered.kind === 'program' ? '*:::' : argument.variadic ? '*:' : `${at + 1}:`;
      // A message in an option's place would stop the option's completion.
      const offers = offered.kind === 'none' ? '()' : action(offered);
      return singleQuoted(`${rest}${argument.name}:${offers}`);
    });
    return `${functionName(path)}() {\n  _arguments -s -S ${[...specs, ...positional].join(' \\\n    ')}\n}\n`;
  }
  const described = command.commands.map((child) =>
    singleQuoted(`${child.name}:${child.summary.replaceAll('\\', '\\\\')}`),
  );
  const cases = command.commands.map((child) => {
    const below = path === '' ? child.name : `${path} ${child.name}`;
    return `        ${namesOf(child).join('|')}) ${functionName(below)} ;;`;
  });
  return `${functionName(path)}() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -s -C ${[...specs, "'(-): :->command'", "'(-)*:: :->rest'"].join(' \\\n    ')}
  case $state in
    command)
      local -a commands=(${described.join(' ')})
      _describe -t commands command commands
      ;;
    rest)
      case $line[1] in
${cases.join('\n')}
      esac
      ;;
  esac
}
`;
}

function spec(option: OptionNode): string {
  const about = option.about.replace(/[[\]:\\]/g, '\\$&');
  if (!option.takesValue) {
    return option.short
      ? `'(${option.short} ${option.long})'{${option.short},${option.long}}${singleQuoted(`[${about}]`)}`
      : singleQuoted(`*${option.long}[${about}]`);
  }
  const value = `${option.valueOptional ? '::' : ':'}value:${action(valuesOf(option))}`;
  const long = singleQuoted(`*${option.long}=[${about}]${value}`);
  return option.short ? `${long} ${singleQuoted(`*${option.short}+[${about}]${value}`)}` : long;
}

function action(candidates: Candidates): string {
  switch (candidates.kind) {
    case 'words':
      return `(${candidates.words.join(' ')})`;
    case 'dynamic':
      return `{_keys_ask ${candidates.what}}`;
    case 'files':
      return '_files';
    case 'directories':
      return '_files -/';
    case 'program':
      return '{_keys_program}';
    case 'none':
      return ' ';
  }
}
