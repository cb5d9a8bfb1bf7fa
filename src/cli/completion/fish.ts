import type { CommandNode, OptionNode } from '../man/command-tree.js';
import {
  type Candidates,
  type CommandEntry,
  commandEntries,
  LONG_SCOPE_OPTIONS,
  optionsWithValue,
  SCOPE_OPTIONS,
  valuesOf,
} from './words.js';

/** What the script needs whatever the commands are. */
const FUNCTIONS = `# Whether the cursor is at a command; with a second argument, only until it has been given a word.
function __keys_at
    set -l read (__keys_read)
    test "$read[1]" = "$argv[1]"; or return 1
    test (count $argv) -eq 1; or test $read[2] -eq 0
end

function __keys_after
    contains -- (commandline -opc)[-1] $argv
end

# What only the machine knows, asked with the flags that say where calls go.
function __keys_ask
    set -l words (commandline -opc)
    set -l scope
    for i in (seq 2 (count $words))
        # The last one's value is what is being typed.
        test $i -lt (count $words); or string match -q -- '--*=*' $words[$i]; or continue
        switch $words[$i]
            case ${SCOPE_OPTIONS.join(' ')}
                set -a scope $words[$i] $words[(math $i + 1)]
            case ${LONG_SCOPE_OPTIONS.map((option) => quote(`${option}=*`)).join(' ')}
                set -a scope $words[$i]
        end
    end
    set -l lead ''
    if test $argv[1] = saved-keys
        set lead (string match -r '^[A-Z_][A-Z0-9_]*=' -- (commandline -ct); or echo '')
    end
    for line in ($words[1] $scope __complete $argv[1] 2>/dev/null)
        printf '%s%s\\n' $lead $line
    end
end`;

/** A fish completion script. */
export function fishCompletion(tree: CommandNode): string {
  const all = commandEntries(tree);
  return `# fish completion for keys; made from the command tree by npm run docs

${readFunction(all)}

${FUNCTIONS}

complete -c keys -f
${all.flatMap(linesOf).join('\n')}
`;
}

function readFunction(all: readonly CommandEntry[]): string {
  return `# Prints the command that the words before the cursor name, then how many words it has been given.
function __keys_read
    set -l path
    set -l skip 0
    set -l plain 0
    set -l count 0
    for word in (commandline -opc)[2..]
        if test $skip -eq 1
            set skip 0
            continue
        end
        if test $plain -eq 1
            set count (math $count + 1)
            continue
        end
        switch $word
            case --
                set plain 1
            case ${optionsWithValue(all).join(' ')}
                set skip 1
            case '-*'
            case '*'
                set -l next (string trim -- "$path $word")
                if contains -- "$next" ${all
                  .filter(({ path }) => path)
                  .map(({ path }) => quote(path))
                  .join(' ')}
                    set path $next
                else
                    set count (math $count + 1)
                end
        end
    end
    echo "$path"
    echo $count
end`;
}

function linesOf({ path, command, options, candidates, variadic }: CommandEntry): string[] {
  const at = `complete -c keys -n ${quote(`__keys_at '${path}'`)}`;
  const first = variadic ? at : `complete -c keys -n ${quote(`__keys_at '${path}' first`)}`;
  const children = command.commands.map((child) => `${first} -a ${child.name} -d ${quote(child.summary)}`);
  const own =
    command.commands.length > 0 || candidates.kind === 'none' ? [] : [`${first} ${source(candidates)}`];
  const optional = options
    .filter((option) => option.takesValue && option.valueOptional && valuesOf(option).kind !== 'none')
    .map(
      (option) =>
        `complete -c keys -n ${quote(`__keys_at '${path}'; and __keys_after ${option.long}`)} ${source(valuesOf(option))}`,
    );
  return [...children, ...own, ...options.map((option) => `${at} ${optionWords(option)}`), ...optional];
}

function optionWords(option: OptionNode): string {
  const short = option.short ? ` -s ${option.short.slice(1)}` : '';
  return `-l ${option.long.slice(2)}${short}${valueWords(option)} -d ${quote(option.about)}`;
}

function valueWords(option: OptionNode): string {
  if (!option.takesValue || option.valueOptional) return '';
  const values = valuesOf(option);
  if (values.kind === 'none') return ' -x';
  return `${values.kind === 'files' ? ' -r' : ' -x'} ${source(values)}`;
}

function source(candidates: Candidates): string {
  switch (candidates.kind) {
    case 'words':
      return `-a ${quote(candidates.words.join(' '))}`;
    case 'dynamic':
      return `-a ${quote(`(__keys_ask ${candidates.what})`)}`;
    case 'files':
      return '-F';
    case 'directories':
      return `-a ${quote('(__fish_complete_directories (commandline -ct))')}`;
    case 'program':
      return `-F -a ${quote('(__fish_complete_command)')}`;
    case 'none':
      return '';
  }
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
